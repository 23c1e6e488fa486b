// Says what sigs.k8s.io/yaml, Helm's YAML parser, makes of documents.
//
// Reads one JSON object a line, with the document under "yaml" or, when it is not UTF-8, under "base64", and writes it with
// "json" (what it says) or "error" (why it is refused) next to it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

type document struct {
	YAML   string          `json:"yaml,omitempty"`
	Base64 []byte          `json:"base64,omitempty"`
	JSON   json.RawMessage `json:"json,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var asked document
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		told := document{YAML: asked.YAML, Base64: asked.Base64}
		text := asked.Base64
		if text == nil {
			text = []byte(asked.YAML)
		}
		said, err := yaml.YAMLToJSON(text)
		if err != nil {
			told.Error = "error converting YAML to JSON: " + err.Error()
		} else {
			told.JSON = said
		}
		if err := out.Encode(told); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
