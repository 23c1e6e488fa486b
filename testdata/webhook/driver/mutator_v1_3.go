//go:build v1_3

package main

import (
	"github.com/Azure/azure-workload-identity/pkg/webhook"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func newMutator(world client.Client, scheme *runtime.Scheme, _ string) (admission.Handler, error) {
	webhook.ProxyImageRegistry, webhook.ProxyImageVersion = "mcr.microsoft.com/oss/azure/workload-identity", "v1.3.0"
	return webhook.NewPodMutator(world, world, "", scheme)
}
