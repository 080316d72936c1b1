{{/* The chart's name, as a label has it. */}}
{{- define "redis-ha.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 48 | trimSuffix "-" -}}
{{- end -}}

{{/*
The name of every object, some with a suffix. At most 48 characters: a Service or Job name has 63, the longest suffix 14,
and the StatefulSet's name comes with 11 more in a label of each pod. With sentinels at most 43: their StatefulSet's has a suffix of 9.
*/}}
{{- define "redis-ha.fullname" -}}
{{- include "redis-ha.wholeName" . | trunc (ternary 43 48 (not (empty (include "redis-ha.isSentinel" .)))) | trimSuffix "-" -}}
{{- end -}}

{{- define "redis-ha.wholeName" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "redis-ha.name" .) .Release.Name -}}
{{- .Release.Name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "redis-ha.name" .) -}}
{{- end -}}
{{- end -}}

{{- define "redis-ha.masterName" -}}
{{- printf "%s-master" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.replicasName" -}}
{{- printf "%s-replicas" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.headlessName" -}}
{{- printf "%s-headless" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.sentinelName" -}}
{{- printf "%s-sentinel" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.sentinelHeadlessName" -}}
{{- printf "%s-headless" (include "redis-ha.sentinelName" .) -}}
{{- end -}}

{{- define "redis-ha.bootstrapName" -}}
{{- printf "%s-bootstrap" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{/* What makes a pod's name a host name. Called with the root and a headless Service's name. */}}
{{- define "redis-ha.hostSuffix" -}}
{{- printf "%s.%s.svc.%s" .service .root.Release.Namespace .root.Values.clusterDomain -}}
{{- end -}}

{{- define "redis-ha.initializedName" -}}
{{- printf "%s-initialized" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.formName" -}}
{{- printf "%s-form" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.formBeforeName" -}}
{{- printf "%s-form-before" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.selftestName" -}}
{{- printf "%s-selftest" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{- define "redis-ha.ensureSecretName" -}}
{{- printf "%s-ensure-secret" (include "redis-ha.fullname" .) -}}
{{- end -}}

{{/*
The Secret with the password: the user's; or the chart's, for a given password; or the one made before the first install.
The last two differ in name, because Helm owns one and must not find the other in its place.
*/}}
{{- define "redis-ha.secretName" -}}
{{- if .Values.auth.existingSecret -}}
{{- .Values.auth.existingSecret -}}
{{- else if .Values.auth.password -}}
{{- printf "%s-password" (include "redis-ha.fullname" .) -}}
{{- else -}}
{{- include "redis-ha.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* Not empty: the Secret is made before install, not by Helm or the user. */}}
{{- define "redis-ha.ensuresSecret" -}}
{{- if not (or .Values.auth.existingSecret .Values.auth.password (include "redis-ha.isPeers" .)) -}}true{{- end -}}
{{- end -}}

{{- define "redis-ha.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "redis-ha.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}
