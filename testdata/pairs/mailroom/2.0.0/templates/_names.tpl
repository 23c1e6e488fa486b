{{- define "mailroom.serviceAccountName" -}}
{{- if .Values.existingServiceAccount -}}
{{- .Values.existingServiceAccount -}}
{{- else -}}
{{- ternary (printf "%s-mailroom" .Release.Name) "default" .Values.serviceAccount.create -}}
{{- end -}}
{{- end -}}
