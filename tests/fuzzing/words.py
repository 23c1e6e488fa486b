"""The words that the grammar of `grammar.py` puts together: literals by type, and one line for each function.

A line of FUNCTIONS is `NAME ARGUMENT… -> RESULT`. Types: s text, i int, f float, b bool, l list, d dict, a anything, and the particular texts of
LITERALS; `T*` stands for any number of a type, `T!` for an argument that must be of its type, as a wrong one would make the function look at
the clock. Functions whose answer is a matter of chance, clock, network or new keys are left out; `keys` and `values` come sorted.
"""

import re

FUNCTIONS = """
trim s -> s
trimAll s s -> s
trimSuffix s s -> s
trimPrefix s s -> s
upper s -> s
lower s -> s
title s -> s
untitle s -> s
repeat small s -> s
substr small small s -> s
trunc small s -> s
trunc i s -> s
abbrev small s -> s
abbrevboth small small s -> s
nospace s -> s
initials s -> s
swapcase s -> s
camelcase s -> s
snakecase s -> s
kebabcase s -> s
wrap small s -> s
wrapWith small s s -> s
contains s s -> b
hasPrefix s s -> b
hasSuffix s s -> b
replace s s s -> s
plural s s small -> s
cat a* -> s
indent small s -> s
nindent small s -> s
quote a* -> s
squote a* -> s
toString a -> s
join s l -> s
splitList s s -> l
split s s -> d
splitn s small s -> d
toStrings l -> l
sortAlpha l -> l
int a -> i
int64 a -> i
float64 a -> f
atoi num -> i
toDecimal num -> i
add i* -> i
add1 i -> i
sub i i -> i
div i nonzero -> i
mod i nonzero -> i
mul i* -> i
max i i* -> i
min i i* -> i
biggest i i* -> i
addf f* -> f
add1f f -> f
subf f f* -> f
mulf f f* -> f
divf f f* -> f
maxf f f* -> f
minf f f* -> f
floor f -> f
ceil f -> f
round f small -> f
round f small f -> f
until small -> l
untilStep small small nonzero -> l
seq small -> s
seq small small -> s
seq small nonzero small -> s
list a* -> l
tuple a* -> l
append l a -> l
mustAppend l a -> l
push l a -> l
prepend l a -> l
mustPrepend l a -> l
concat l l* -> l
first l -> a
mustFirst l -> a
last l -> a
rest l -> l
initial l -> l
reverse l -> l
uniq l -> l
compact l -> l
without l a* -> l
has a l -> b
mustHas a l -> b
slice l small small -> l
slice l small -> l
chunk nonzero l -> l
dict key a -> d
dict key a key a -> d
get d key -> a
set d key a -> d
unset d key -> d
hasKey d key -> b
pluck key d d* -> l
pick d key* -> d
omit d key* -> d
dig key key a d -> a
dig key a d -> a
merge d d* -> d
mustMerge d d* -> d
mergeOverwrite d d* -> d
default a a -> a
empty a -> b
coalesce a* -> a
all a* -> b
any a* -> b
ternary a a b -> a
typeOf a -> s
typeIs type a -> b
typeIsLike type a -> b
kindOf a -> s
kindIs kind a -> b
deepEqual a a -> b
deepCopy a -> a
toYaml a -> s
toYamlPretty a -> s
fromYaml yaml -> d
fromYamlArray yaml -> l
toJson a -> s
mustToJson a -> s
toPrettyJson a -> s
toRawJson a -> s
fromJson json -> d
fromJsonArray json -> l
mustFromJson json -> a
toToml d -> s
fromToml toml -> d
b64enc s -> s
b64dec b64 -> s
b32enc s -> s
b32dec b32 -> s
sha1sum s -> s
sha256sum s -> s
sha512sum s -> s
adler32sum s -> s
base path -> s
dir path -> s
clean path -> s
ext path -> s
isAbs path -> b
osBase path -> s
urlParse url -> d
urlJoin d -> s
regexMatch re s -> b
mustRegexMatch re s -> b
regexFind re s -> s
regexFindAll re s small -> l
regexReplaceAll re s template -> s
mustRegexReplaceAll re s template -> s
regexReplaceAllLiteral re s s -> s
regexSplit re s small -> l
regexQuoteMeta s -> s
semver version -> a
semverCompare constraint version -> b
date layout! time! -> s
dateInZone layout! time! zone! -> s
htmlDate time! -> s
dateModify duration! moment! -> a
duration num -> s
durationRound duration -> s
toDate layout date -> time
unixEpoch moment! -> s
tpl tpl ctx -> s
include name ctx -> s
required s a -> a
lookup s s s s -> d
and a a* -> a
or a a* -> a
not a -> b
eq a a a* -> b
ne a a -> b
lt i i -> b
le f f -> b
gt s s -> b
ge a a -> b
index l small -> a
index d key -> a
index a a -> a
len l -> i
print a* -> s
println a* -> s
html a* -> s
js a* -> s
urlquery a* -> s
"""

def tokens(text):
    """Words, with those in quotes whole."""
    return re.findall(r'"(?:\\.|[^"\\])*"|`[^`]*`|\S+', text)


LITERALS = {
    "s": tokens(r'''"" "a" "text" "two words" " padded " "A-b_C.d" "naïve É" "日本" "a😀b" "yes" "null" "~" "0x1F" "1e3" "007" "1_000" "- a" "a: b" "#c" "a #b" "&x" "*x"
        "!t" "%p" "@q" "'" "it's" "say \"hi\"" "tab\there" "line\nnext" "end\n" "\n" "\\" "\u00e9\x00" "\xff\xfe" `raw\n` `a"b` `{{` "}}" "<b>&" "a/b/c" "x=1&y=2"
        "true" "off" "2001-01-01" "12:30:45" ".5" "1." "+1" "-" "--- x" "? y" "[1" "{a" "|" ">" "=" "<<" "HELLO world" "helloWorld" "http_server"
        "a,b,c" "the quick brown fox jumps over the lazy dog and runs away from it all, twice over at least" "%s %d" "$1" "a\r\nb" "\u2028" "\u0085x" "\ufeffx"'''),
    "i": tokens(r"0 1 -1 2 3 7 10 42 100 -5 0x1F 0b101 0o17 017 1_000 'a' '\n' 1000000 2147483648 9223372036854775807 -9223372036854775808 1e3 0x_1"),
    "f": tokens("0.0 1.5 -2.5 .5 1e3 1e21 1e-7 0x1p4 3.14159 100.0 1e6 12345678.9 1e100 0.1 -0.0 2.5e+2"),
    "b": ["true", "false"],
    "small": tokens("0 1 2 3 4 5 8 12 -1 20"),
    "nonzero": tokens("1 2 3 -1 5 -2"),
    "num": tokens('"42" "-7" "0x1f" "017" "1.5" "" "abc" "9999999999999999999" " 3" "1e3" "95" 60 3600.5'),
    "key": tokens('"a" "b" "c" "k" "x.y" "" "a b" "1"'),
    "type": tokens('"int" "string" "map[string]interface {}" "[]interface {}" "float64" "bool" "int64" "chartutil.Values"'),
    "kind": tokens('"int" "string" "map" "slice" "float64" "bool" "invalid" "ptr" "struct" "int64"'),
    "yaml": ['"a: 1"', '"- 1\\n- b"', '"a: [1, b, ~]\\nb: {c: yes}"', '""', '"a: b: c"', '"x"', '"a: 0x10\\nb: 1e3\\nc: 1_0"', '"a: |\\n  t\\n  u\\n"', '"a: &x 1\\nb: *x"', '"[1, 2"', '"\\ta: 1"', '"a: \'q\'\\n\\n# c\\nb: !!str 1"', '"null"', '"a:\\n- 1\\n-  - 2\\n   - 3"', '"2: b"', '"true: 1"', '"a: 1\\n---\\nb: 2"'],
    "json": ['"{}"', '"[]"', '"null"', '"1"', '`"x"`', '`{"a":1,"a":2}`', '`{"a": 1, "b": [true, null, 1.5, "x\\u00e9"]}`', '`[1, "b", {"c": {}}]`', '""', '"nope"', '`{"a": }`', '`{"a": 1e400}`', '`{"a": 12345678901234567890}`', '`{"a":1} x`', '"[1,]"'],
    "toml": ['"a = 1"', '"[t]\\nb = \\"x\\""', '"a = [1, 2]\\nb = 1.5\\nc = true"', '""', '"d = 2001-01-01"', '"[[t]]\\nx = 1\\n[[t]]\\nx = 2"', '"a.b = {c = 1}"'],
    "b64": ['"aGVsbG8="', '"aGVsbG8"', '""', '"!!"', '"w6k="', '"/+8="', '"aGVs\\nbG8="'],
    "b32": ['"NBSWY3DP"', '""', '"1"', '"NBSWY3DP====="', '"nbswy3dp"'],
    "path": tokens('"a/b/c.txt" "" "/" "." ".." "/a/../b" "a//b/" "x.tar.gz" ".hidden" "../../z" "/abs/p"'),
    "url": tokens('"https://u:p@h.example:8080/p/q?x=1&y=2#f" "" "/only" "mailto:a@b" "http://[::1]/x" "//h/p" "http://h/%zz" "a%20b" "http://h?q=a+b" ":x"'),
    "re": tokens(r'''"a" "^a+$" "[a-z]+" "[0-9]" "(a)(x*)b" "(?i)TEXT" "\\s" "\\d+" "." "" "z*" "(?P<n>e)" "[^a-z]" "\\bt" "o|e" "(?s)." "é" "[[:alpha:]]+" "\\pL" "a{2,3}" "a**" "(" "[" "x{1001}" "(?=a)" "\\1" "\\Qa.b\\E" "$" "a??"'''),
    "template": tokens(r'''"" "x" "$1" "${1}y" "$1y" "${n}" "$$" "$" "${" "$0-$2" "\\1"'''),
    "version": tokens('"1.2.3" "v1.2" "1" "1.2.3-beta.1+b5" "" "x" "01.2.3" "1.2.3.4" "0.0.0" "10.20.30-rc1" "v1.32.0" "1.2.3-01"'),
    "constraint": ['"^1.2.0"', '"~1.2"', '">=1.2"', '">= 1.0, < 2.0"', '"1.x"', '"*"', '"1 - 2"', '""', '"!=1.2.3"', '"^0.0.1 || ~10"', '">=1.2.3-0"', '"x.y"', '"=v1.2.3"', '"> 1.2.3 <3"', '"<=1"', '"=>1.0"', '"~>1.2"', '"1.2.3-beta.1"'],
    "layout": tokens('"2006-01-02" "15:04:05" "Jan _2 2006" "Mon, 02 Jan 2006 15:04:05 MST" "3:04PM" "06/1/2" "2006-002" ".000" "Z07:00" "" "x" "2006-01-02T15:04:05Z"'),
    "date": tokens('"2024-02-29" "2001-01-01" "x" "" "2006-01-02T15:04:05Z" "1999-12-31" "2023-02-29"'),
    "time": ['(toDate "2006-01-02" "2024-02-29")', "(int64 1700000000)", "(int 86400)", '(toDate "2006-01-02T15:04:05Z" "2021-06-30T23:59:58Z")'],
    "moment": ['(toDate "2006-01-02" "2024-02-29")', '(toDate "2006-01-02T15:04:05Z" "2021-06-30T23:59:58Z")'],
    "zone": tokens('"UTC" "America/New_York" "Asia/Tokyo" "Nowhere/X" ""'),
    "duration": tokens('"1h" "-1.5h" "36h10m" "2h10m5s" "90s" "400h" "0s" "5000h"'),
    "tpl": ['"plain"', '"{{ .Values.s0 }}"', '"{{ .Release.Name | upper }}"', '"{{ 1 | add 2 }}{{/* c */}}"', '"{{ .x }}"', '"{{ if }}"', '"{{ fail \\"inner\\" }}"', '"{{ range .Values.l0 }}{{ . }},{{ end }}"', '"{{ include \\"h0\\" . }}"', '"{{ define \\"t\\" }}T{{ end }}{{ template \\"t\\" }}"', '`{{- "x" -}} y`', '"{{ $.Values.missing.x }}"', '"{{ . | toJson }}"', '"{{ $x := 1 }}{{ $x }}"', '.Values.t0', '"{{ nope }}"', '"{{ end }}"'],
    "name": ['"h0"', '"h1"', '"h2"', '"none"', '"c/templates/_h.tpl"'],
    "ctx": [".", "$", ".Values", "(dict)", '(dict "a" 1)', "nil"],
}

# Patterns of printf, with the number of their arguments.
VERBS = tokens("%s %d %v %q %t %f %g %e %x %X %o %b %c %U %T %% %5d %-5d| %05d %+d %.2f %8.3f %6s %-6s| %.1s %#v %+v %#x %x %!  %*d %[1]v %[2]d %z % d % x %08.3f %+q %#q %O %p %G %E %w")

# Sources that break most charts, or change what all of one reads as.
RARE_SCALARS = ["{{ .Values.i0 }}", ".inf", "-.inf", ".nan", "<<", "!!float x", "%x", "@x", "`x", "a: b", "[1", '"\\q"', "*x", "- x", "'x", "!!binary x"]

# Sources of scalars in values, by what they are.
SCALARS = {
    "s0": ["text", '"quoted"', "'it''s'", "a b", '"tab\\tx"', '""', "|\n  one\n  two\n", ">-\n  folded\n  text\n\n  more\n", "http://x/y?z", "é😀", '"yes"', "'12'", "a#b", "1.2.3", "v1", '"{{ .Release.Name }}"', "|+\n  keep\n\n"],
    "s1": ["other", "UPPER", "x-y", "10Gi", "500m", '" lead"', "'trail '", "1h30m", "latest", "/var/lib"],
    "t0": ["plain", '"{{ .Values.s1 }}"', "'{{ .Values.i0 | quote }}'", '"{{ fail .Values.s1 }}"', "'{{ tpl .Values.s0 $ }}'", '"{{ include \\"h1\\" . }}"'],
    "i0": ["0", "1", "8080", "-3", "0x1F", "0o17", "017", "1_000", "1000000", "9007199254740993", "9223372036854775807", "18446744073709551615", "0b11", "+5"],
    "f0": ["1.5", "-0.25", "1e3", "1e21", "1e-7", "100.0", ".5", "3.0", "1e6", "123456789.125", "6.8523015e+5", "-.5", "1.", "0.1"],
    "b0": ["true", "false", "yes", "no", "on", "off", "True", "FALSE", "y", "n"],
    "n0": ["null", "~", "", "Null"],
    "d0": ["2001-01-01", "2001-12-14t21:59:43.10-05:00", "12:30:45", "!!str 5", "!!int '7'", "!!float 3", '!!binary "aGk="', "!x y", "=", "0.", "._", "0x", "1e", "1__0", "190:20:30"],
}
