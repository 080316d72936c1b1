{{/* Not empty: a Redis Cluster. */}}
{{- define "redisha.isCluster" -}}
{{- if eq .Values.architecture "cluster" -}}true{{- end -}}
{{- end -}}

{{/* Not empty: sentinels watch the instances. */}}
{{- define "redisha.isSentinel" -}}
{{- if eq .Values.architecture "sentinel" -}}true{{- end -}}
{{- end -}}

{{/* Not empty: a program of the user's instead of a server. */}}
{{- define "redisha.isPeers" -}}
{{- if eq .Values.architecture "peers" -}}true{{- end -}}
{{- end -}}

{{/* Not empty: one instance is the master of all others. */}}
{{- define "redisha.hasMaster" -}}
{{- if has .Values.architecture (list "replication" "sentinel") -}}true{{- end -}}
{{- end -}}

{{/* Not empty: process 1 of the user's image is the user's, and ours are containers beside it. */}}
{{- define "redisha.isBeside" -}}
{{- if and (include "redisha.isPeers" .) (eq .Values.peers.mode "init") -}}true{{- end -}}
{{- end -}}

{{/* What the member's container is called, and its pod's component label. */}}
{{- define "redisha.component" -}}
{{- ternary "peer" "redis" (not (empty (include "redisha.isPeers" .))) -}}
{{- end -}}

{{/* Ports of a member's container, as a JSON list. Called with the root and a component. */}}
{{- define "redisha.portsOf" -}}
{{- $v := .root.Values -}}
{{- $own := $v.containerPorts -}}
{{- $ports := list -}}
{{- if eq .component "peer" -}}
{{- range $v.peers.ports -}}
{{- $ports = append $ports (dict "name" .name "port" (int .port) "protocol" (default "TCP" .protocol)) -}}
{{- end -}}
{{- $ports = append $ports (dict "name" "http" "port" (int $own.http)) -}}
{{- else -}}
{{- $ports = list
  (dict "name" .component "port" (int (get $own .component)))
  (dict "name" "http" "port" (int $own.http)) -}}
{{- /* Nobody gives a sentinel orders. */ -}}
{{- if ne .component "sentinel" -}}
{{- $ports = append $ports (dict "name" "member" "port" (int $own.member)) -}}
{{- end -}}
{{- if include "redisha.isCluster" .root -}}
{{- $ports = append $ports (dict "name" "bus" "port" (int $own.bus)) -}}
{{- end -}}
{{- end -}}
{{- toJson $ports -}}
{{- end -}}

{{/* The port whose answer proves that a peer lives. */}}
{{- define "redisha.peerPort" -}}
{{- with .Values.peers -}}
{{- $first := first .ports | default dict -}}
{{- default (dig "port" 0 $first) .port | int -}}
{{- end -}}
{{- end -}}

{{/* How many pods: the master and its replicas, or those of all shards. Sentinels are not counted. */}}
{{- define "redisha.pods" -}}
{{- if include "redisha.isCluster" . -}}
{{- mul .Values.cluster.shards (add1 .Values.cluster.replicasPerShard) -}}
{{- else -}}
{{- .Values.replicas -}}
{{- end -}}
{{- end -}}

{{/* Names of the Services of single pods, as a JSON list: each that of its pod. */}}
{{- define "redisha.podServiceNames" -}}
{{- $names := list -}}
{{- if and (include "redisha.isCluster" .) .Values.cluster.external.enabled -}}
{{- range until (include "redisha.pods" . | int) -}}
{{- $names = append $names (printf "%s-%d" (include "redisha.fullname" $) .) -}}
{{- end -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/*
Annotations of the StatefulSet that say what its pods are to form. Not the pods': a pod's template that changes replaces
the pods, and scaling must not.
*/}}
{{- define "redisha.shapeAnnotations" -}}
redis-ha/architecture: {{ .Values.architecture }}
{{- if include "redisha.isCluster" . }}
redis-ha/shards: {{ .Values.cluster.shards | quote }}
redis-ha/replicas-per-shard: {{ .Values.cluster.replicasPerShard | quote }}
{{- end }}
{{- end -}}
