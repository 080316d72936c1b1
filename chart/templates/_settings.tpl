{{/* settings.yaml, as the entrypoint reads it: it refuses a key that it does not know. */}}
{{- define "redis-ha.settings" -}}
{{- $cluster := include "redis-ha.isCluster" . -}}
architecture: {{ .Values.architecture }}
name: {{ include "redis-ha.fullname" . }}
replicas: {{ include "redis-ha.pods" . }}
engineImage: {{ include "redis-ha.engineImage" . | quote }}
services:
  {{- if not $cluster }}
  master: {{ include "redis-ha.masterName" . }}
  replicas: {{ include "redis-ha.replicasName" . }}
  {{- end }}
  headless: {{ include "redis-ha.headlessName" . }}
ports:
  {{- ternary .Values.containerPorts (omit .Values.containerPorts "bus") (not (empty $cluster)) | toYaml | nindent 2 }}
auth:
  enabled: {{ .Values.auth.enabled }}
  secretName: {{ include "redis-ha.secretName" . }}
  passwordKey: {{ .Values.auth.existingSecretPasswordKey | quote }}
persistence:
  enabled: {{ .Values.persistence.enabled }}
labels:
  selector:
    {{- include "redis-ha.selectorLabels" . | nindent 4 }}
  role:
    {{- toYaml .Values.roleLabel | nindent 4 }}
  {{- if $cluster }}
  shard:
    {{- dict "key" .Values.cluster.shardLabel | toYaml | nindent 4 }}
  {{- end }}
  common:
    {{- include "redis-ha.runtimeLabels" . | nindent 4 }}
{{- if $cluster }}
cluster:
  {{- with .Values.cluster }}
  shards: {{ .shards }}
  replicasPerShard: {{ .replicasPerShard }}
  nodeTimeout: {{ .nodeTimeout }}
  requireFullCoverage: {{ .requireFullCoverage }}
  preferredEndpointType: {{ .preferredEndpointType }}
  hostSuffix: {{ include "redis-ha.headlessName" $ }}.{{ $.Release.Namespace }}.svc.{{ $.Values.clusterDomain }}
  handoverTimeout: {{ .handoverTimeout }}
  external:
    enabled: {{ .external.enabled }}
    type: {{ .external.type }}
  {{- end }}
{{- else }}
publish: {{ .Values.service.master.publish }}
failover:
  {{- toYaml .Values.failover | nindent 2 }}
{{- end }}
log:
  {{- toYaml .Values.log | nindent 2 }}
{{- end -}}

{{/*
What a running pod can't take up by itself. How many there are is not part of it: scaling must not replace the pods that
are there.
*/}}
{{- define "redis-ha.checksum" -}}
{{- $settings := omit (include "redis-ha.settings" . | fromYaml) "replicas" -}}
{{- with $settings.cluster -}}
{{- $settings = set $settings "cluster" (omit . "shards" "replicasPerShard") -}}
{{- end -}}
{{- printf "%s\n%s" (toYaml $settings) .Values.redis.configuration | sha256sum -}}
{{- end -}}

{{/* A duration (200ms, 4s) in milliseconds. */}}
{{- define "redis-ha.millis" -}}
{{- if hasSuffix "ms" . -}}
{{- trimSuffix "ms" . | int64 -}}
{{- else -}}
{{- trimSuffix "s" . | int64 | mul 1000 -}}
{{- end -}}
{{- end -}}

{{/* What the server itself waits for its replicas when it is told to stop: the user's line, or Redis' default. */}}
{{- define "redis-ha.shutdownTimeout" -}}
{{- $line := regexFind "(?im)^[ \\t]*shutdown-timeout[ \\t]+[0-9]+" .Values.redis.configuration -}}
{{- $line | regexFind "[0-9]+" | default "10" -}}
{{- end -}}

{{/* Handover, the server's own wait and 5 s: what a pod needs to stop without losing a write. */}}
{{- define "redis-ha.leastGracePeriodSeconds" -}}
{{- $timeout := ternary .Values.cluster.handoverTimeout .Values.failover.handoverTimeout (eq .Values.architecture "cluster") -}}
{{- $handover := include "redis-ha.millis" $timeout | int64 | add 999 -}}
{{- add (div $handover 1000) (include "redis-ha.shutdownTimeout" . | int64) 5 -}}
{{- end -}}

{{/*
The same with 12 s for a last save, unless the user knows better. In a cluster at least 5 minutes: a pod that is scaled away
without the hook gives its slots to others first.
*/}}
{{- define "redis-ha.gracePeriodSeconds" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- include "redis-ha.leastGracePeriodSeconds" . | int64 | add 12 | max (ternary 300 0 (eq .Values.architecture "cluster")) -}}
{{- else -}}
{{- .Values.terminationGracePeriodSeconds | int64 -}}
{{- end -}}
{{- end -}}
