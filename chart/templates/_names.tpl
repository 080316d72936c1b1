{{/* The chart's name, as a label has it. */}}
{{- define "redisha.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of every object, some with a suffix. At most 48 characters: a Service or Job name has 63, the longest suffix 14,
and the StatefulSet's name comes with 11 more in a label of each pod. With sentinels at most 43: their StatefulSet's has a suffix of 9.
*/}}
{{- define "redisha.fullname" -}}
{{- include "redisha.wholeName" . | trunc (ternary 43 48 (not (empty (include "redisha.isSentinel" .)))) | trimSuffix "-" -}}
{{- end -}}

{{- define "redisha.wholeName" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "redisha.name" .) .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "redisha.name" .) -}}
{{- end -}}
{{- end -}}

{{- define "redisha.masterName" -}}
{{- printf "%s-master" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.replicasName" -}}
{{- printf "%s-replicas" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.headlessName" -}}
{{- printf "%s-headless" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.sentinelName" -}}
{{- printf "%s-sentinel" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.sentinelHeadlessName" -}}
{{- printf "%s-headless" (include "redisha.sentinelName" .) -}}
{{- end -}}

{{- define "redisha.bootstrapName" -}}
{{- printf "%s-bootstrap" (include "redisha.fullname" .) -}}
{{- end -}}

{{/* What makes a pod's name a host name. Called with the root and a headless Service's name. */}}
{{- define "redisha.hostSuffix" -}}
{{- printf "%s.%s.svc.%s" .service .root.Release.Namespace .root.Values.clusterDomain -}}
{{- end -}}

{{- define "redisha.initializedName" -}}
{{- printf "%s-initialized" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.formName" -}}
{{- printf "%s-form" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.formBeforeName" -}}
{{- printf "%s-form-before" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.selftestName" -}}
{{- printf "%s-selftest" (include "redisha.fullname" .) -}}
{{- end -}}

{{- define "redisha.ensureSecretName" -}}
{{- printf "%s-ensure-secret" (include "redisha.fullname" .) -}}
{{- end -}}

{{/*
The Secret with the password: the user's; or the chart's, for a given password; or the one made before the first install.
The last two differ in name, because Helm owns one and must not find the other in its place.
*/}}
{{- define "redisha.secretName" -}}
{{- if .Values.auth.existingSecret -}}
{{- .Values.auth.existingSecret -}}
{{- else if .Values.auth.password -}}
{{- printf "%s-password" (include "redisha.fullname" .) -}}
{{- else -}}
{{- include "redisha.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* Not empty: the Secret is made before install, not by Helm or the user. */}}
{{- define "redisha.ensuresSecret" -}}
{{- if not (or .Values.auth.existingSecret .Values.auth.password (include "redisha.isPeers" .)) -}}true{{- end -}}
{{- end -}}

{{- define "redisha.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "redisha.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}
