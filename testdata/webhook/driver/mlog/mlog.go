// Package mlog stands in for the logger of the same name, which the mutator writes to and which has no part in what it answers.
package mlog

// LogLevel is how much is logged.
type LogLevel string

// The levels, which end up in the proxy's arguments.
const (
	LevelWarning LogLevel = "warning"
	LevelInfo    LogLevel = "info"
	LevelDebug   LogLevel = "debug"
	LevelTrace   LogLevel = "trace"
	LevelAll     LogLevel = "all"
)

// Enabled says whether a level is logged: warnings and information are, as by default.
func Enabled(level LogLevel) bool {
	return level == LevelWarning || level == LevelInfo
}

// Logger drops what it is given.
type Logger struct{}

// New returns a logger.
func New() Logger { return Logger{} }

// WithName returns the logger.
func (l Logger) WithName(string) Logger { return l }

// WithValues returns the logger.
func (l Logger) WithValues(...any) Logger { return l }

// Error does nothing.
func (Logger) Error(string, error, ...any) {}

// Info does nothing.
func (Logger) Info(string, ...any) {}

// Debug does nothing.
func (Logger) Debug(string, ...any) {}

// Warning does nothing.
func (Logger) Warning(string, ...any) {}
