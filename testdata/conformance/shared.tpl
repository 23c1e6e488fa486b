{{- define "shown" }}<{{ . }}>{{ end }}
{{- define "failing" }}{{ fail "in here" }}{{ end }}
