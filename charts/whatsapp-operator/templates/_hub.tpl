{{- define "whatsapp-hub.fullname" -}}
{{ include "whatsapp-operator.fullname" . }}-hub
{{- end -}}

{{/* Of its own, so that the operator's Service and Deployment never take a pod of the hub for theirs. */}}
{{- define "whatsapp-hub.selector" -}}
app.kubernetes.io/name: whatsapp-hub
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "whatsapp-hub.labels" -}}
{{ include "whatsapp-hub.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "whatsapp-hub.serviceAccount" -}}
{{- if .Values.hub.serviceAccount.create -}}
{{- default (include "whatsapp-hub.fullname" .) .Values.hub.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.hub.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Where sessions reach it. */}}
{{- define "whatsapp-hub.url" -}}
http://{{ include "whatsapp-hub.fullname" . }}.{{ .Release.Namespace }}.svc:{{ .Values.hub.service.port }}
{{- end -}}

{{/* The namespaces it serves, as JSON; an empty list is all of them. */}}
{{- define "whatsapp-hub.namespaces" -}}
{{- .Values.hub.namespaces | default .Values.watchNamespaces | default list | toJson -}}
{{- end -}}

{{/* Where the sessions of an organization without a namespace of its own are made. */}}
{{- define "whatsapp-hub.namespace" -}}
{{- $served := include "whatsapp-hub.namespaces" . | fromJsonArray -}}
{{- if .Values.hub.namespace -}}
{{- if and $served (not (has .Values.hub.namespace $served)) -}}
{{- fail (printf "hub.namespace %s is none of the namespaces that the hub serves (%s): add it to hub.namespaces" .Values.hub.namespace (join ", " $served)) -}}
{{- end -}}
{{- .Values.hub.namespace -}}
{{- else -}}
{{- if $served }}{{ first $served }}{{ else }}default{{ end -}}
{{- end -}}
{{- end -}}

{{/* Where its rows are: url, secret, postgresql or embedded. */}}
{{- define "whatsapp-hub.database" -}}
{{- $hub := .Values.hub -}}
{{- $chosen := list -}}
{{- if $hub.database.url }}{{ $chosen = append $chosen "url" }}{{ end -}}
{{- if $hub.database.existingSecret }}{{ $chosen = append $chosen "secret" }}{{ end -}}
{{- if $hub.postgresql.enabled }}{{ $chosen = append $chosen "postgresql" }}{{ end -}}
{{- if gt (len $chosen) 1 -}}
{{- fail "hub.database.url, hub.database.existingSecret and hub.postgresql.enabled are three places for one database: keep one" -}}
{{- end -}}
{{- $found := $chosen | first | default "embedded" -}}
{{- if and (eq $found "embedded") (gt (int $hub.replicas) 1) -}}
{{- fail "hub.replicas is more than 1, which needs PostgreSQL: set hub.database.url, hub.database.existingSecret or hub.postgresql.enabled" -}}
{{- end -}}
{{- $found -}}
{{- end -}}

{{- define "whatsapp-hub.postgresql" -}}
{{ include "whatsapp-hub.fullname" . }}-postgresql
{{- end -}}

{{- define "whatsapp-hub.databaseSecret" -}}
{{- if eq (include "whatsapp-hub.database" .) "postgresql" -}}
{{ include "whatsapp-hub.postgresql" . }}
{{- else -}}
{{ .Values.hub.database.existingSecret | default (printf "%s-database" (include "whatsapp-hub.fullname" .)) }}
{{- end -}}
{{- end -}}

{{/* What the hub may do with sessions; nothing with pods. */}}
{{- define "whatsapp-hub.sessionRules" -}}
- apiGroups: [whatsapp.leadmaster.dev]
  resources: [whatsappsessions]
  verbs: [get, list, watch, create, patch, delete]
{{- end -}}

{{/* The signing secrets of organizations' own receivers: written, never read by name nor listed. */}}
{{- define "whatsapp-hub.secretRules" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, patch, delete]
{{- end -}}
