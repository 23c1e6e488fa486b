{{- define "tree.name" -}}
{{ .Release.Name }}-{{ .Chart.Name }}
{{- end -}}
{{- define "cache.label" -}}from the parent{{- end -}}
