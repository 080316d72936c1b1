{{/* Not empty: a Redis Cluster. */}}
{{- define "redis-ha.isCluster" -}}
{{- if eq .Values.architecture "cluster" -}}true{{- end -}}
{{- end -}}

{{/* How many pods: the master and its replicas, or those of all shards. */}}
{{- define "redis-ha.pods" -}}
{{- if include "redis-ha.isCluster" . -}}
{{- mul .Values.cluster.shards (add1 .Values.cluster.replicasPerShard) -}}
{{- else -}}
{{- .Values.replicas -}}
{{- end -}}
{{- end -}}

{{/* Names of the Services of single pods, as a JSON list: each that of its pod. */}}
{{- define "redis-ha.podServiceNames" -}}
{{- $names := list -}}
{{- if and (include "redis-ha.isCluster" .) .Values.cluster.external.enabled -}}
{{- range until (include "redis-ha.pods" . | int) -}}
{{- $names = append $names (printf "%s-%d" (include "redis-ha.fullname" $) .) -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/*
Annotations of the StatefulSet that say what its pods are to form. Not the pods': a pod's template that changes replaces
the pods, and scaling must not.
*/}}
{{- define "redis-ha.shapeAnnotations" -}}
redis-ha/architecture: {{ .Values.architecture }}
{{- if include "redis-ha.isCluster" . }}
redis-ha/shards: {{ .Values.cluster.shards | quote }}
redis-ha/replicas-per-shard: {{ .Values.cluster.replicasPerShard | quote }}
{{- end }}
{{- end -}}
