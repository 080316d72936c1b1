{{/*
Every reason to refuse the values that values.schema.json can't tell: all that apply, in one failure, each with key, value
given and value expected. Included by statefulset.yaml.
*/}}
{{- define "redis-ha.validate" -}}
{{- $problems := concat
  (include "redis-ha.choiceProblems" . | fromJsonArray)
  (include "redis-ha.timingProblems" . | fromJsonArray)
  (include "redis-ha.authProblems" . | fromJsonArray)
  (include "redis-ha.configurationProblems" . | fromJsonArray)
  (include "redis-ha.labelProblems" . | fromJsonArray)
  (include "redis-ha.extraProblems" . | fromJsonArray) -}}
{{- if $problems -}}
{{- fail (printf "\n\nThese values can't be used:\n- %s\n" (join "\n- " $problems)) -}}
{{- end -}}
{{- end -}}

{{/* One of a few words. Not an enum of the schema: its message would not say what was given. */}}
{{- define "redis-ha.choiceProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- if has $v.architecture (list "sentinel" "cluster" "peers") -}}
{{- $problems = append $problems (printf "architecture: given %q, expected \"replication\" (%s is not available in this version yet)" $v.architecture $v.architecture) -}}
{{- else if ne $v.architecture "replication" -}}
{{- $problems = append $problems (printf "architecture: given %q, expected \"replication\"" $v.architecture) -}}
{{- end -}}
{{- range list
  (list "service.master.publish" $v.service.master.publish "endpointslice" "selector")
  (list "failover.candidateOrder" $v.failover.candidateOrder "offset" "priority")
  (list "failover.durability" $v.failover.durability "relaxed" "strict")
  (list "persistence.retentionPolicy.whenDeleted" $v.persistence.retentionPolicy.whenDeleted "Retain" "Delete")
  (list "persistence.retentionPolicy.whenScaled" $v.persistence.retentionPolicy.whenScaled "Retain" "Delete")
  (list "log.format" $v.log.format "text" "json")
  (list "log.level" $v.log.level "debug" "info" "warn" "error") -}}
{{- $allowed := slice . 2 -}}
{{- if not (has (index . 1) $allowed) -}}
{{- $problems = append $problems (printf "%s: given %q, expected %s" (index . 0) (index . 1) (join " or " $allowed)) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "master" "replicas" "all" -}}
{{- $service := index $v.service $name -}}
{{- if not (has $service.type (list "ClusterIP" "NodePort" "LoadBalancer")) -}}
{{- $problems = append $problems (printf "service.%s.type: given %q, expected ClusterIP or NodePort or LoadBalancer" $name $service.type) -}}
{{- else if and $service.nodePort (eq $service.type "ClusterIP") -}}
{{- $problems = append $problems (printf "service.%s.nodePort: given %d, expected none with type ClusterIP" $name (int64 $service.nodePort)) -}}
{{- end -}}
{{- end -}}
{{- $ports := values $v.containerPorts -}}
{{- if ne (len $ports) (len (uniq $ports)) -}}
{{- $problems = append $problems (printf "containerPorts: given %s, expected three different ports" (toJson $v.containerPorts)) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Rule of safety: an old leader has stopped before a new one may start. The entrypoint checks it again. */}}
{{- define "redis-ha.timingProblems" -}}
{{- $problems := list -}}
{{- $f := .Values.failover -}}
{{- $heartbeat := include "redis-ha.millis" $f.heartbeatInterval | int64 -}}
{{- $member := include "redis-ha.millis" $f.memberTimeout | int64 -}}
{{- $renew := include "redis-ha.millis" $f.renewInterval | int64 -}}
{{- $deadline := include "redis-ha.millis" $f.renewDeadline | int64 -}}
{{- $lease := include "redis-ha.millis" $f.leaseDuration | int64 -}}
{{- $stopped := add $deadline (include "redis-ha.millis" $f.fenceTimeout | int64) 250 -}}
{{- range $key := list "heartbeatInterval" "memberTimeout" "fenceTimeout" "renewInterval" "renewDeadline" "leaseDuration" "handoverTimeout" -}}
{{- if eq (include "redis-ha.millis" (index $f $key) | int64) 0 -}}
{{- $problems = append $problems (printf "failover.%s: given %s, expected more than 0" $key (index $f $key)) -}}
{{- end -}}
{{- end -}}
{{- if ge $stopped $lease -}}
{{- $problems = append $problems (printf "failover.leaseDuration: given %s, expected more than renewDeadline + fenceTimeout + 250ms = %dms" $f.leaseDuration $stopped) -}}
{{- end -}}
{{- if gt (mul $heartbeat 3) $member -}}
{{- $problems = append $problems (printf "failover.memberTimeout: given %s, expected at least 3 x heartbeatInterval = %dms" $f.memberTimeout (mul $heartbeat 3)) -}}
{{- end -}}
{{- if ge $renew $deadline -}}
{{- $problems = append $problems (printf "failover.renewInterval: given %s, expected less than renewDeadline = %dms" $f.renewInterval $deadline) -}}
{{- end -}}
{{- $least := include "redis-ha.leastGracePeriodSeconds" . | int64 -}}
{{- if lt (include "redis-ha.gracePeriodSeconds" . | int64) $least -}}
{{- $problems = append $problems (printf "terminationGracePeriodSeconds: given %d, expected at least handoverTimeout + shutdown-timeout + 5s = %d" (int64 .Values.terminationGracePeriodSeconds) $least) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "redis-ha.authProblems" -}}
{{- $problems := list -}}
{{- with .Values.auth -}}
{{- if and .password .existingSecret -}}
{{- $problems = append $problems (printf "auth.password: given together with auth.existingSecret %q, expected only one of the two" .existingSecret) -}}
{{- end -}}
{{- if contains "\n" .password -}}
{{- $problems = append $problems "auth.password: given more than one line, expected one" -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Directives that the entrypoint sets, or that would let somebody else decide who is master. It refuses the same ones. */}}
{{- define "redis-ha.ownedDirectives" -}}
port bind daemonize supervised pidfile dir unixsocket logfile include
replicaof slaveof masterauth masteruser requirepass protected-mode user aclfile rename-command
replica-serve-stale-data slave-serve-stale-data replica-read-only slave-read-only
min-replicas-to-write min-slaves-to-write min-replicas-max-lag min-slaves-max-lag
replica-announce-ip replica-announce-port slave-announce-ip slave-announce-port cluster-enabled
tls-port primaryauth primaryuser
{{- end -}}

{{/* Only the directive is shown of a refused line: the rest may be a password. */}}
{{- define "redis-ha.configurationProblems" -}}
{{- $problems := list -}}
{{- $owned := include "redis-ha.ownedDirectives" . | splitList "\n" | join " " | splitList " " -}}
{{- range $number, $line := splitList "\n" .Values.redis.configuration -}}
{{- $directive := regexFind "^[^ \\t\\r]+" (trim $line) | trimAll "\"'" | lower -}}
{{- if and $directive (has $directive $owned) -}}
{{- $problems = append $problems (printf "redis.configuration: given %q in line %d, expected no such line (redis-ha sets it itself)" $directive (add1 $number)) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Labels that selectors and the entrypoint rely on. */}}
{{- define "redis-ha.labelProblems" -}}
{{- $problems := list -}}
{{- $own := include "redis-ha.ownLabels" . | fromYaml | keys | sortAlpha -}}
{{- $role := .Values.roleLabel -}}
{{- range list
  (list "commonLabels" .Values.commonLabels)
  (list "podLabels" .Values.podLabels)
  (list "persistence.labels" .Values.persistence.labels)
  (list "metrics.serviceMonitor.labels" .Values.metrics.serviceMonitor.labels) -}}
{{- $from := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- if has $key (append $own $role.key) -}}
{{- $problems = append $problems (printf "%s: given %q, expected no label that redis-ha sets itself" $from $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if has $role.key $own -}}
{{- $problems = append $problems (printf "roleLabel.key: given %q, expected no label that the chart sets itself" $role.key) -}}
{{- end -}}
{{- if eq $role.master $role.replica -}}
{{- $problems = append $problems (printf "roleLabel.replica: given %q, expected another value than roleLabel.master" $role.replica) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Names in the pod that are taken. Kubernetes would refuse some of these, and let others win silently. */}}
{{- define "redis-ha.extraProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- range list
  (list "extraEnv" $v.extraEnv (list "PATH" "POD_NAME" "POD_UID" "POD_IP" "NODE_NAME" "POD_NAMESPACE"))
  (list "extraVolumes" $v.extraVolumes (list "redis-ha" "config" "secret" "data" "run" "tmp" "token"))
  (list "extraContainers" $v.extraContainers (list "redis" "install" "check"))
  (list "extraInitContainers" $v.extraInitContainers (list "redis" "install" "check")) -}}
{{- $key := index . 0 -}}
{{- $taken := index . 2 -}}
{{- range index . 1 -}}
{{- if has .name $taken -}}
{{- $problems = append $problems (printf "%s: given the name %q, expected one that redis-ha does not use itself" $key .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
