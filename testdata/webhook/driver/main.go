// Asks the real pod mutator of github.com/Azure/azure-workload-identity what it makes of pods.
//
// Reads one case per line, {"name", "pod", "account"}, and prints one answer per line: {"name", "answer"}, where the answer is
// {"unchanged": true}, {"refused": MESSAGE} or {"patch": [JSON patch]}. See ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

type question struct {
	Name    string                 `json:"name"`
	Pod     json.RawMessage        `json:"pod"`
	Account *corev1.ServiceAccount `json:"account"`
}

// cluster has one account, or none.
type cluster struct {
	client.Client
	account *corev1.ServiceAccount
}

func (c *cluster) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	account, wanted := into.(*corev1.ServiceAccount)
	if !wanted || c.account == nil || c.account.Name != key.Name {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "serviceaccounts"}, key.Name)
	}
	c.account.DeepCopyInto(account)
	return nil
}

// apiServer answers the one question that newer mutators ask when they start: its version.
func apiServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintln(w, `{"major": "1", "minor": "34", "gitVersion": "v1.34.0"}`)
	}))
}

// selected says whether the API server would ask the webhook at all: the objectSelector of its published chart.
func selected(pod json.RawMessage) bool {
	var object metav1.PartialObjectMetadata
	check(json.Unmarshal(pod, &object))
	return object.Labels["azure.workload.identity/use"] == "true"
}

func answer(mutator admission.Handler, pod json.RawMessage) any {
	if !selected(pod) {
		return map[string]any{"unchanged": true}
	}
	request := admission.Request{AdmissionRequest: admissionv1.AdmissionRequest{
		UID:       "1",
		Kind:      metav1.GroupVersionKind{Version: "v1", Kind: "Pod"},
		Namespace: "review",
		Operation: admissionv1.Create,
		Object:    runtime.RawExtension{Raw: pod},
	}}
	response := mutator.Handle(context.Background(), request)
	if !response.Allowed {
		return map[string]any{"refused": response.Result.Message}
	}
	return map[string]any{"patch": response.Patches}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	server := apiServer()
	defer server.Close()
	world := &cluster{}
	scheme := runtime.NewScheme()
	check(corev1.AddToScheme(scheme))
	mutator, err := newMutator(world, scheme, server.URL)
	check(err)
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked question
		check(json.Unmarshal(lines.Bytes(), &asked))
		world.account = asked.Account
		check(out.Encode(map[string]any{"name": asked.Name, "answer": answer(mutator, asked.Pod)}))
	}
	check(lines.Err())
}
