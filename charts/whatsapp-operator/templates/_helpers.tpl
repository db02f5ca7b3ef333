{{/* Full name of the release's objects: the chart's name alone when the release is called so. */}}
{{- define "whatsapp-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "whatsapp-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "whatsapp-operator.labels" -}}
{{ include "whatsapp-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "whatsapp-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "whatsapp-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* `cpu=100m,memory=400Mi` from a map. */}}
{{- define "whatsapp-operator.amounts" -}}
{{- $parts := list -}}
{{- range $name, $value := . -}}
{{- $parts = append $parts (printf "%s=%v" $name $value) -}}
{{- end -}}
{{- join "," $parts -}}
{{- end -}}

{{/* What the operator may do where sessions live. No `*`; Secrets are written, read by name, never listed. */}}
{{- define "whatsapp-operator.rules" -}}
- apiGroups: [whatsapp.leadmaster.dev]
  resources: [whatsappsessions]
  verbs: [get, list, watch]
- apiGroups: [whatsapp.leadmaster.dev]
  resources: [whatsappsessions/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, create, patch]
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch, create, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, patch{{ if ne (toString .Values.rbac.readSecrets) "false" }}, get{{ end }}]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
