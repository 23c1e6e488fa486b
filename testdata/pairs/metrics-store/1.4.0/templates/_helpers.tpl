{{- define "metrics-store.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "metrics-store.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The account a component runs under: its own, the shared one, or one that exists already. */}}
{{- define "metrics-store.serviceAccountName" -}}
{{- $component := index .context.Values .component -}}
{{- if $component.serviceAccount.create -}}
{{- default (printf "%s-%s" (include "metrics-store.fullname" .context) .component) $component.serviceAccount.name -}}
{{- else if .context.Values.serviceAccount.create -}}
{{- default (include "metrics-store.fullname" .context) .context.Values.serviceAccount.name -}}
{{- else -}}
{{- coalesce $component.serviceAccount.name .context.Values.serviceAccount.name "default" -}}
{{- end -}}
{{- end -}}

{{- define "metrics-store.serviceAccount" -}}
{{- $component := index .context.Values .component -}}
{{- if and $component.enabled $component.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "metrics-store.serviceAccountName" . }}
  labels:
    {{- include "metrics-store.labels" .context | nindent 4 }}
  {{- with $component.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ $component.serviceAccount.automountServiceAccountToken }}
{{- end }}
{{- end -}}

{{- define "metrics-store.pod" -}}
{{- $component := index .context.Values .component -}}
metadata:
  labels:
    {{- include "metrics-store.labels" .context | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    {{- with $component.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "metrics-store.serviceAccountName" . }}
  automountServiceAccountToken: {{ $component.automountServiceAccountToken }}
  containers:
    - name: {{ .component }}
      image: {{ printf "%s/%s:%s" .context.Values.image.registry .context.Values.image.repository .context.Values.image.tag }}
      args: [{{ .component | quote }}]
{{- end -}}
