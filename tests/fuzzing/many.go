// Lets one Helm process answer many `helm template` calls. build_many.sh puts this file beside Helm's own main package and builds that: the code that
// answers is Helm's, only the start of a process for each chart is saved.
//
// Asked with HELM_MANY=1 it reads lines of JSON, {"dir": FOLDER, "args": [WORD…]}, and answers each with {"code": STATUS, "out": BASE64, "said": BASE64}.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/spf13/cobra"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/kube"
)

type call struct {
	Dir  string   `json:"dir"`
	Args []string `json:"args"`
}

type answer struct {
	Code int    `json:"code"`
	Out  []byte `json:"out"`
	Said []byte `json:"said"`
}

func init() {
	if os.Getenv("HELM_MANY") == "" {
		return
	}
	kube.ManagedFieldsManager = "helm"
	said, err := os.CreateTemp("", "said")
	if err != nil {
		log.Fatal(err)
	}
	os.Remove(said.Name())
	// What writes to standard error by itself writes here.
	os.Stderr = said
	log.SetOutput(said)
	var configuration *action.Configuration
	cobra.OnInitialize(func() {
		if err := configuration.Init(settings.RESTClientGetter(), settings.Namespace(), "", debug); err != nil {
			log.Fatal(err)
		}
	})
	calls := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := calls.ReadBytes('\n')
		if err != nil {
			os.Exit(0)
		}
		var asked call
		if err := json.Unmarshal(line, &asked); err != nil {
			os.Exit(2)
		}
		configuration = new(action.Configuration)
		if err := answers.Encode(reply(asked, configuration, said)); err != nil {
			os.Exit(2)
		}
	}
}

func reply(asked call, configuration *action.Configuration, said *os.File) answer {
	said.Truncate(0)
	said.Seek(0, io.SeekStart)
	os.Chdir(asked.Dir)
	settings = cli.New()
	var out bytes.Buffer
	code := 0
	cmd, err := newRootCmd(configuration, &out, asked.Args)
	if err == nil {
		cmd.SetArgs(asked.Args)
		cmd.SetOut(&out)
		cmd.SetErr(said)
		err = cmd.Execute()
	} else {
		fmt.Fprintf(said, "WARNING: %+v\n", err)
	}
	if err != nil {
		code = 1
	}
	said.Seek(0, io.SeekStart)
	words, _ := io.ReadAll(said)
	return answer{code, out.Bytes(), words}
}
