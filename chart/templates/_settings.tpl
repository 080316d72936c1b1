{{/*
settings.yaml of the release, as the entrypoint reads it: it refuses a key that it does not know. So does that of 0.3.0, whose pods read
the ConfigMap while they are being replaced: what 0.3.0 does not know belongs in redisha.newSettings, until 0.5.0.
*/}}
{{- define "redisha.settings" -}}
{{- $cluster := include "redisha.isCluster" . -}}
{{- $sentinel := include "redisha.isSentinel" . -}}
{{- $peers := include "redisha.isPeers" . -}}
architecture: {{ .Values.architecture }}
name: {{ include "redisha.fullname" . }}
replicas: {{ include "redisha.pods" . }}
engineImage: {{ include "redisha.engineImage" . | quote }}
services:
  {{- if include "redisha.hasMaster" . }}
  master: {{ include "redisha.masterName" . }}
  replicas: {{ include "redisha.replicasName" . }}
  {{- end }}
  headless: {{ include "redisha.headlessName" . }}
  {{- if $sentinel }}
  sentinelHeadless: {{ include "redisha.sentinelHeadlessName" . }}
  {{- end }}
ports:
  {{- include "redisha.ownPorts" . | nindent 2 }}
{{- if not $peers }}
auth:
  enabled: {{ .Values.auth.enabled }}
  secretName: {{ include "redisha.secretName" . }}
  passwordKey: {{ .Values.auth.existingSecretPasswordKey | quote }}
persistence:
  enabled: {{ .Values.persistence.enabled }}
{{- end }}
labels:
  selector:
    {{- include "redisha.selectorLabels" . | nindent 4 }}
  {{- if not $peers }}
  role:
    {{- toYaml .Values.roleLabel | nindent 4 }}
  {{- end }}
  {{- if $cluster }}
  shard:
    {{- dict "key" .Values.cluster.shardLabel | toYaml | nindent 4 }}
  {{- end }}
  {{- if $sentinel }}
  sentinelSelector:
    {{- include "redisha.selectorLabelsOf" (dict "root" . "component" "sentinel") | nindent 4 }}
  {{- end }}
  common:
    {{- include "redisha.runtimeLabels" . | nindent 4 }}
{{- if include "redisha.hasMaster" . }}
publish: {{ .Values.service.master.publish }}
{{- end }}
{{- if $cluster }}
cluster:
  {{- with .Values.cluster }}
  shards: {{ .shards }}
  replicasPerShard: {{ .replicasPerShard }}
  nodeTimeout: {{ .nodeTimeout }}
  requireFullCoverage: {{ .requireFullCoverage }}
  preferredEndpointType: {{ .preferredEndpointType }}
  hostSuffix: {{ include "redisha.hostSuffix" (dict "root" $ "service" (include "redisha.headlessName" $)) }}
  handoverTimeout: {{ .handoverTimeout }}
  external:
    enabled: {{ .external.enabled }}
    type: {{ .external.type }}
  {{- end }}
{{- else if $sentinel }}
sentinel:
  {{- with .Values.sentinel }}
  name: {{ include "redisha.sentinelName" $ }}
  replicas: {{ .replicas }}
  masterName: {{ .masterName | quote }}
  # 0: the majority of those that there are
  quorum: {{ default 0 .quorum }}
  downAfter: {{ .downAfter }}
  failoverTimeout: {{ .failoverTimeout }}
  auth: {{ and $.Values.auth.enabled $.Values.auth.sentinel }}
  hostSuffix: {{ include "redisha.hostSuffix" (dict "root" $ "service" (include "redisha.headlessName" $)) }}
  sentinelHostSuffix: {{ include "redisha.hostSuffix" (dict "root" $ "service" (include "redisha.sentinelHeadlessName" $)) }}
  handoverTimeout: {{ .handoverTimeout }}
  minReplicasMaxLag: {{ .minReplicasMaxLag }}
  {{- end }}
{{- else if $peers }}
peers:
  {{- with .Values.peers }}
  mode: {{ .mode }}
  command: {{ toJson .command }}
  args: {{ toJson .args }}
  argPerPeer: {{ .argPerPeer | quote }}
  separator: {{ .separator | quote }}
  port: {{ include "redisha.peerPort" $ }}
  check: {{ .check | quote }}
  minPeers: {{ .minPeers }}
  parallel: {{ eq .podManagementPolicy "Parallel" }}
  style: {{ .style }}
  hostSuffix: {{ include "redisha.hostSuffix" (dict "root" $ "service" (include "redisha.headlessName" $)) }}
  waitTimeout: {{ .waitTimeout }}
  stopTimeout: {{ sub (include "redisha.gracePeriodSeconds" $ | int64) 5 }}s
  {{- end }}
{{- else }}
failover:
  {{- toYaml (omit .Values.failover "maxLoss" "serverTimeout") | nindent 2 }}
{{- end }}
log:
  {{- toYaml .Values.log | nindent 2 }}
{{- end -}}

{{/* What 0.3.0 does not know, for pods alone: in form and place as in redisha.settings. Called with the root and a component. */}}
{{- define "redisha.newSettings" -}}
{{- if not (include "redisha.isPeers" .root) -}}
# What a handover leaves of it is the server's, for a last save.
gracePeriod: {{ include "redisha.gracePeriodSecondsOf" . }}s
{{- end -}}
{{- if eq .root.Values.architecture "replication" }}
failover:
  {{- range $key := list "serverTimeout" "maxLoss" }}
  {{- with get $.root.Values.failover $key }}
  {{ $key }}: {{ . }}
  {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
settings.yaml of a pod: the same and what is new, without the counts, which it takes from the ConfigMap. Scaling must not replace the
pods that are there, so the counts can't be in the pod's template; all else is, so that a pod only ever knows the settings of its own
revision. Called with the root and a component.
*/}}
{{- define "redisha.podSettings" -}}
{{- $settings := omit (include "redisha.settings" .root | fromYaml) "replicas" -}}
{{- with $settings.cluster -}}
{{- $settings = set $settings "cluster" (omit . "shards" "replicasPerShard") -}}
{{- end -}}
{{- with $settings.sentinel -}}
{{- $settings = set $settings "sentinel" (omit . "replicas") -}}
{{- end -}}
{{- include "redisha.newSettings" . | fromYaml | mergeOverwrite $settings | toYaml -}}
{{- end -}}

{{/*
What a pod is told, as annotations that its volume makes files of; an empty one too, or the user's of that name would be the file. Called
with the root and a component.
*/}}
{{- define "redisha.podSettingsAnnotations" -}}
{{- $told := dict "redis-ha/settings" (include "redisha.podSettings" .) -}}
{{- if eq .component "redis" }}{{ $told = set $told "redis-ha/redis.conf" (trim .root.Values.redis.configuration) }}{{ end -}}
{{- toYaml $told -}}
{{- end -}}

{{/* Those of containerPorts that there are. */}}
{{- define "redisha.ownPorts" -}}
{{- $ports := .Values.containerPorts -}}
{{- if include "redisha.isPeers" . -}}
{{- pick $ports "http" | toYaml -}}
{{- else if include "redisha.isCluster" . -}}
{{- omit $ports "sentinel" | toYaml -}}
{{- else if include "redisha.isSentinel" . -}}
{{- omit $ports "bus" | toYaml -}}
{{- else -}}
{{- omit $ports "bus" "sentinel" | toYaml -}}
{{- end -}}
{{- end -}}

{{/* A duration (200ms, 4s) in milliseconds. */}}
{{- define "redisha.millis" -}}
{{- if hasSuffix "ms" . -}}
{{- trimSuffix "ms" . | int64 -}}
{{- else -}}
{{- trimSuffix "s" . | int64 | mul 1000 -}}
{{- end -}}
{{- end -}}

{{/* What the server itself waits for its replicas when it is told to stop: the user's line, or Redis' default. */}}
{{- define "redisha.shutdownTimeout" -}}
{{- $line := regexFind "(?im)^[ \\t]*shutdown-timeout[ \\t]+[0-9]+" .Values.redis.configuration -}}
{{- $line | regexFind "[0-9]+" | default "10" -}}
{{- end -}}

{{/* How long a planned change of master may take. */}}
{{- define "redisha.handoverTimeout" -}}
{{- with dict "cluster" .Values.cluster "sentinel" .Values.sentinel -}}
{{- dig "handoverTimeout" "" (get . $.Values.architecture | default $.Values.failover) -}}
{{- end -}}
{{- end -}}

{{/* Handover, the server's own wait and 5 s: what a pod needs to stop without losing a write. Of a peer: 5 s, and a second for its program. */}}
{{- define "redisha.leastGracePeriodSeconds" -}}
{{- if include "redisha.isPeers" . -}}
6
{{- else -}}
{{- $handover := include "redisha.handoverTimeout" . | include "redisha.millis" | int64 | add 999 -}}
{{- add (div $handover 1000) (include "redisha.shutdownTimeout" . | int64) 5 -}}
{{- end -}}
{{- end -}}

{{/*
The same with 12 s for a last save, unless the user knows better. In a cluster at least 5 minutes: a pod that is scaled away
without the hook gives its slots to others first. Of a peer what Kubernetes gives by itself.
*/}}
{{- define "redisha.gracePeriodSeconds" -}}
{{- if and (kindIs "invalid" .Values.terminationGracePeriodSeconds) (include "redisha.isPeers" .) -}}
30
{{- else if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- include "redisha.leastGracePeriodSeconds" . | int64 | add 12 | max (ternary 300 0 (eq .Values.architecture "cluster")) -}}
{{- else -}}
{{- .Values.terminationGracePeriodSeconds | int64 -}}
{{- end -}}
{{- end -}}

{{/* That of a pod, called with the root and a component: a sentinel has nothing to save or to hand over. */}}
{{- define "redisha.gracePeriodSecondsOf" -}}
{{- ternary "30" (include "redisha.gracePeriodSeconds" .root) (eq .component "sentinel") -}}
{{- end -}}
