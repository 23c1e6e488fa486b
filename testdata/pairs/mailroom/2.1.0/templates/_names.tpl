{{- define "mailroom.serviceAccountName" -}}
{{- ternary .Values.serviceAccount.name "default" .Values.serviceAccount.create -}}
{{- end -}}
