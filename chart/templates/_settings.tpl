{{/* settings.yaml, as the entrypoint reads it: it refuses a key that it does not know. */}}
{{- define "redis-ha.settings" -}}
architecture: {{ .Values.architecture }}
name: {{ include "redis-ha.fullname" . }}
replicas: {{ .Values.replicas }}
engineImage: {{ include "redis-ha.engineImage" . | quote }}
services:
  master: {{ include "redis-ha.masterName" . }}
  replicas: {{ include "redis-ha.replicasName" . }}
  headless: {{ include "redis-ha.headlessName" . }}
ports:
  {{- toYaml .Values.containerPorts | nindent 2 }}
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
  common:
    {{- include "redis-ha.runtimeLabels" . | nindent 4 }}
publish: {{ .Values.service.master.publish }}
failover:
  {{- toYaml .Values.failover | nindent 2 }}
log:
  {{- toYaml .Values.log | nindent 2 }}
{{- end -}}

{{/*
What a running pod can't take up by itself. The number of replicas is not part of it: scaling must not replace the pods
that are there.
*/}}
{{- define "redis-ha.checksum" -}}
{{- $settings := omit (include "redis-ha.settings" . | fromYaml) "replicas" -}}
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
{{- $handover := include "redis-ha.millis" .Values.failover.handoverTimeout | int64 | add 999 -}}
{{- add (div $handover 1000) (include "redis-ha.shutdownTimeout" . | int64) 5 -}}
{{- end -}}

{{/* The same with 12 s for a last save, unless the user knows better. */}}
{{- define "redis-ha.gracePeriodSeconds" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds -}}
{{- include "redis-ha.leastGracePeriodSeconds" . | int64 | add 12 -}}
{{- else -}}
{{- .Values.terminationGracePeriodSeconds | int64 -}}
{{- end -}}
{{- end -}}
