{{- define "redisha.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* What every pod of the release has: members, hook Jobs and the test. */}}
{{- define "redisha.releaseLabels" -}}
app.kubernetes.io/name: {{ include "redisha.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* What only the pods of one StatefulSet have. Selectors can't be changed, so neither can this. Called with the root and a component. */}}
{{- define "redisha.selectorLabelsOf" -}}
{{ include "redisha.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* The same of the members. */}}
{{- define "redisha.selectorLabels" -}}
{{- include "redisha.selectorLabelsOf" (dict "root" . "component" (include "redisha.component" .)) -}}
{{- end -}}

{{/* Labels of an object that the user has no say in. Called with the root and a component. */}}
{{- define "redisha.ownLabels" -}}
{{ include "redisha.selectorLabelsOf" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ include "redisha.chart" .root }}
{{- end -}}

{{/* Labels of an object. Called with the root and a component. */}}
{{- define "redisha.labelsOf" -}}
{{ include "redisha.ownLabels" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The same of what is the members', or everybody's. */}}
{{- define "redisha.labels" -}}
{{- include "redisha.labelsOf" (dict "root" . "component" (include "redisha.component" .)) -}}
{{- end -}}

{{/*
Labels of the Secret that is made before the first install. Not app.kubernetes.io/instance: Argo CD takes what has that for its own, and prunes
it when it is not in Git. Lease and EndpointSlice have an owner, which it leaves them to.
*/}}
{{- define "redisha.secretLabels" -}}
{{ omit (include "redisha.runtimeLabels" . | fromYaml) "app.kubernetes.io/instance" | toYaml }}
redis-ha/release: {{ .Release.Name | quote }}
{{- end -}}

{{/* Neither Argo CD nor Helm may delete that Secret, should they ever take it for theirs: with another password no client gets in. */}}
{{- define "redisha.secretAnnotations" -}}
argocd.argoproj.io/compare-options: IgnoreExtraneous
argocd.argoproj.io/sync-options: Prune=false,Delete=false
helm.sh/resource-policy: keep
{{- end -}}

{{/* Labels of what the program makes at run time: Lease, EndpointSlice. */}}
{{- define "redisha.runtimeLabels" -}}
{{ include "redisha.selectorLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
Labels of a pod. Without version and chart: a new chart alone must not replace the pods. Called with the root, a component and the
labels that the user wants on it.
*/}}
{{- define "redisha.podLabels" -}}
{{ include "redisha.selectorLabelsOf" . }}
{{- with merge (dict) (default dict .labels) (default dict .root.Values.commonLabels) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels of an object of a hook or of the test that is no pod. Called with the root and the hook's component. */}}
{{- define "redisha.hookLabels" -}}
{{ include "redisha.labels" .root }}
redis-ha/hook: {{ .component }}
{{- end -}}

{{/* Labels of a hook's or the test's pod, which no selector of the members may match. Called with the root and a component. */}}
{{- define "redisha.taskLabels" -}}
{{ include "redisha.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
redis-ha/hook: {{ .component }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
The annotations block of an object, or nothing. Called with the root, the object's own annotations, and those that no value may replace
(fixed). Not merged: that would take an empty text for one that is not there.
*/}}
{{- define "redisha.annotations" -}}
{{- $all := dict -}}
{{- range list .root.Values.commonAnnotations .own .fixed -}}
{{- range $key, $value := . }}{{ $_ := set $all $key $value }}{{ end -}}
{{- end -}}
{{- with $all -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
