{{- define "redis-ha.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What every pod of the release has: members, hook Jobs and the test. */}}
{{- define "redis-ha.releaseLabels" -}}
app.kubernetes.io/name: {{ include "redis-ha.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* What only the pods of one StatefulSet have. Selectors can't be changed, so neither can this. Called with the root and a component. */}}
{{- define "redis-ha.selectorLabelsOf" -}}
{{ include "redis-ha.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The same of the members. */}}
{{- define "redis-ha.selectorLabels" -}}
{{- include "redis-ha.selectorLabelsOf" (dict "root" . "component" (include "redis-ha.component" .)) -}}
{{- end -}}

{{/* Labels of an object that the user has no say in. Called with the root and a component. */}}
{{- define "redis-ha.ownLabels" -}}
{{ include "redis-ha.selectorLabelsOf" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ include "redis-ha.chart" .root }}
{{- end -}}

{{/* Labels of an object. Called with the root and a component. */}}
{{- define "redis-ha.labelsOf" -}}
{{ include "redis-ha.ownLabels" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The same of what is the members', or everybody's. */}}
{{- define "redis-ha.labels" -}}
{{- include "redis-ha.labelsOf" (dict "root" . "component" (include "redis-ha.component" .)) -}}
{{- end -}}

{{/* Labels of what the program makes at run time: Lease, EndpointSlice, Secret. */}}
{{- define "redis-ha.runtimeLabels" -}}
{{ include "redis-ha.selectorLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Labels of a pod. Without version and chart: a new chart alone must not replace the pods. Called with the root, a component and the
labels that the user wants on it.
*/}}
{{- define "redis-ha.podLabels" -}}
{{ include "redis-ha.selectorLabelsOf" . }}
{{- with merge (dict) (default dict .labels) (default dict .root.Values.commonLabels) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of a hook's or the test's pod, which no selector of the members may match. Called with the root and a component. */}}
{{- define "redis-ha.taskLabels" -}}
{{ include "redis-ha.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The annotations block of an object, or nothing. Called with the root and the object's own annotations. */}}
{{- define "redis-ha.annotations" -}}
{{- with merge (dict) (default dict .own) (default dict .root.Values.commonAnnotations) -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
