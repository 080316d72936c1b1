{{/*
Every reason to refuse the values that values.schema.json can't tell: all that apply, in one failure, each with key, value
given and value expected. Included by statefulset.yaml.
*/}}
{{- define "redis-ha.validate" -}}
{{- $problems := concat
  (include "redis-ha.elsewhereProblems" . | fromJsonArray)
  (include "redis-ha.architectureProblems" . | fromJsonArray)
  (include "redis-ha.clusterProblems" . | fromJsonArray)
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

{{/*
Keys of the charts that people come from, which values.schema.json lets through to here. Without the value given: some are
passwords.
*/}}
{{- define "redis-ha.elsewhereProblems" -}}
{{- $problems := list -}}
{{- $elsewhere := dict
  "cluster.nodes" "cluster.shards and cluster.replicasPerShard: instances are shards x (1 + replicasPerShard)"
  "cluster.replicas" "cluster.replicasPerShard"
  "cluster.init" "no such key: the instances form the cluster by themselves"
  "cluster.update" "cluster.shards and cluster.replicasPerShard alone: one upgrade moves the keys, and adds or removes instances"
  "cluster.externalAccess" "cluster.external, which finds the addresses by itself"
  "cluster.config" "cluster.nodeTimeout and cluster.requireFullCoverage"
  "cluster.announceHostnames" "cluster.preferredEndpointType=hostname"
  "cluster.announceHostnamesOverride" "cluster.external, which finds the addresses by itself"
  "cluster.announceIpsOverride" "cluster.external, which finds the addresses by itself"
  "cluster.startupSleepTime" "no such key: an empty instance never serves the slots of a replica that has the data"
  "replicaCount" "replicas, or in a cluster cluster.shards and cluster.replicasPerShard"
  "clusterReplicaCount" "cluster.replicasPerShard"
  "usePassword" "auth.enabled"
  "password" "auth.password"
  "existingSecret" "auth.existingSecret"
  "existingSecretPasswordKey" "auth.existingSecretPasswordKey"
  "updateJob" "hooks"
  "extraConfig" "redis.configuration"
  "redis.configmap" "redis.configuration"
  "redis.useAOFPersistence" "a line in redis.configuration: appendonly no" -}}
{{- range $key, $successor := $elsewhere -}}
{{- $at := $.Values -}}
{{- $given := true -}}
{{- range splitList "." $key -}}
{{- if not $given -}}
{{- else if hasKey $at . -}}
{{- $at = get $at . -}}
{{- else -}}
{{- $given = false -}}
{{- end -}}
{{- end -}}
{{- if $given -}}
{{- $problems = append $problems (printf "%s: given as another chart has it, expected %s" $key $successor) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* The architecture, what it was when the release was installed, and values of another one: who sets those expects what won't be. */}}
{{- define "redis-ha.architectureProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- $given := $v.architecture -}}
{{- if has $given (list "sentinel" "peers") -}}
{{- $problems = append $problems (printf "architecture: given %q, expected \"replication\" or \"cluster\" (%s is not available in this version yet)" $given $given) -}}
{{- else if not (has $given (list "replication" "cluster")) -}}
{{- $problems = append $problems (printf "architecture: given %q, expected \"replication\" or \"cluster\"" $given) -}}
{{- else -}}
{{- with lookup "apps/v1" "StatefulSet" .Release.Namespace (include "redis-ha.fullname" .) -}}
{{- $installed := dig "annotations" "redis-ha/architecture" "replication" .metadata -}}
{{- if ne $installed $given -}}
{{- $problems = append $problems (printf "architecture: given %q, expected %q, as this release was installed: its data would be of no use to the other (install a second release, and copy the keys)" $given $installed) -}}
{{- end -}}
{{- end -}}
{{- $clusters := dict
  "shards" 3 "replicasPerShard" 1 "nodeTimeout" "2s" "requireFullCoverage" true "preferredEndpointType" "ip" "handoverTimeout" "5s" "shardLabel" "shard" -}}
{{- $external := dict
  "enabled" false "type" "NodePort" "annotations" dict "loadBalancerClass" "" "loadBalancerSourceRanges" list "externalTrafficPolicy" ""
  "nodePorts" list "loadBalancerIPs" list -}}
{{- $service := dict
  "type" "ClusterIP" "port" 6379 "nodePort" nil "clusterIP" "" "annotations" dict "loadBalancerIP" "" "loadBalancerClass" "" "loadBalancerSourceRanges" list
  "externalTrafficPolicy" "" -}}
{{- $failover := dict
  "heartbeatInterval" "200ms" "memberTimeout" "1500ms" "fenceTimeout" "500ms" "renewInterval" "1500ms" "renewDeadline" "4s" "leaseDuration" "6s"
  "handoverTimeout" "3s" "lastHolderWait" "10s" "candidateOrder" "offset" "durability" "relaxed" "minReplicasMaxLag" 3 -}}
{{- $instead := dict
  "replicas" "the number of instances is cluster.shards x (1 + cluster.replicasPerShard)"
  "failover.handoverTimeout" "set cluster.handoverTimeout"
  "failover.memberTimeout" "set cluster.nodeTimeout" -}}
{{- $of := ternary (list
  (list "" $v (dict "replicas" 3))
  (list "failover." $v.failover $failover)
  (list "service.master." $v.service.master (merge (dict "publish" "endpointslice") $service))
  (list "service.replicas." $v.service.replicas $service)) (list
  (list "cluster." $v.cluster $clusters)
  (list "cluster.external." $v.cluster.external $external)) (eq $given "cluster") -}}
{{- range $of -}}
{{- $at := index . 0 -}}
{{- $values := index . 1 -}}
{{- range $key, $usual := index . 2 -}}
{{- $value := get $values $key -}}
{{- if and (ne (toJson $value) (toJson $usual)) (or $value (not (empty $usual))) -}}
{{- $why := get $instead (print $at $key) | default (printf "it is for architecture %s" (ternary "replication" "cluster" (eq $given "cluster"))) -}}
{{- $problems = append $problems (printf "%s%s: given %s, expected %s with architecture %s: %s" $at $key (toJson $value) (toJson $usual) $given $why) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "redis-ha.clusterProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- if include "redis-ha.isCluster" . -}}
{{- with $v.cluster -}}
{{- if lt (int .shards) 3 -}}
{{- $problems = append $problems (printf "cluster.shards: given %d, expected at least 3: a majority of masters decides on a failover, and of fewer none is left when one is lost" (int .shards)) -}}
{{- end -}}
{{- if not (has .preferredEndpointType (list "ip" "hostname")) -}}
{{- $problems = append $problems (printf "cluster.preferredEndpointType: given %q, expected ip or hostname" .preferredEndpointType) -}}
{{- end -}}
{{- if lt (include "redis-ha.millis" .nodeTimeout | int64) 1000 -}}
{{- $problems = append $problems (printf "cluster.nodeTimeout: given %s, expected at least 1s: a fork or a slow disk would pass for a failure" .nodeTimeout) -}}
{{- end -}}
{{- if eq (include "redis-ha.millis" .handoverTimeout | int64) 0 -}}
{{- $problems = append $problems (printf "cluster.handoverTimeout: given %s, expected more than 0" .handoverTimeout) -}}
{{- end -}}
{{- if not (has .external.type (list "NodePort" "LoadBalancer")) -}}
{{- $problems = append $problems (printf "cluster.external.type: given %q, expected NodePort or LoadBalancer" .external.type) -}}
{{- end -}}
{{- if and .external.nodePorts (ne .external.type "NodePort") -}}
{{- $problems = append $problems (printf "cluster.external.nodePorts: given %s, expected none with type %s" (toJson .external.nodePorts) .external.type) -}}
{{- end -}}
{{- if and .external.loadBalancerIPs (ne .external.type "LoadBalancer") -}}
{{- $problems = append $problems (printf "cluster.external.loadBalancerIPs: given %s, expected none with type %s" (toJson .external.loadBalancerIPs) .external.type) -}}
{{- end -}}
{{- if .external.enabled -}}
{{- range $name := list "http" "member" "bus" -}}
{{- if eq (int $v.service.all.port) (get $v.containerPorts $name | int) -}}
{{- $problems = append $problems (printf "service.all.port: given %d, expected another port than containerPorts.%s: with cluster.external.enabled the pods listen on it, too" (int $v.service.all.port) $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $together := dig "rollingUpdate" "maxUnavailable" 1 $v.updateStrategy -}}
{{- if ne (toString $together) "1" -}}
{{- $problems = append $problems (printf "updateStrategy.rollingUpdate.maxUnavailable: given %v, expected 1: a master and its replica must not go together" $together) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* One of a few words. Not an enum of the schema: its message would not say what was given. */}}
{{- define "redis-ha.choiceProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
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
{{- $cluster := include "redis-ha.isCluster" . -}}
{{- $ports := ternary $v.containerPorts (omit $v.containerPorts "bus") (not (empty $cluster)) -}}
{{- if ne (values $ports | len) (values $ports | uniq | len) -}}
{{- $problems = append $problems (printf "containerPorts: given %s, expected %s different ports" (toJson $ports) (ternary "four" "three" (not (empty $cluster)))) -}}
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
replica-announce-ip replica-announce-port slave-announce-ip slave-announce-port
tls-port primaryauth primaryuser
cluster-enabled cluster-config-file cluster-port cluster-node-timeout cluster-require-full-coverage
cluster-preferred-endpoint-type cluster-allow-replica-migration cluster-replica-no-failover cluster-slave-no-failover
cluster-replica-validity-factor cluster-slave-validity-factor cluster-announce-ip cluster-announce-port
cluster-announce-tls-port cluster-announce-bus-port cluster-announce-hostname cluster-announce-client-ipv4
cluster-announce-client-ipv6 cluster-announce-client-port cluster-announce-client-tls-port
{{- end -}}

{{/* Only the directive is shown of a refused line: the rest may be a password. */}}
{{- define "redis-ha.configurationProblems" -}}
{{- $problems := list -}}
{{- $owned := include "redis-ha.ownedDirectives" . | splitList "\n" | join " " | splitList " " -}}
{{- $values := dict
  "cluster-node-timeout" "cluster.nodeTimeout"
  "cluster-require-full-coverage" "cluster.requireFullCoverage"
  "cluster-preferred-endpoint-type" "cluster.preferredEndpointType"
  "cluster-announce-ip" "cluster.external"
  "cluster-announce-port" "cluster.external"
  "cluster-announce-hostname" "cluster.external"
  "cluster-port" "containerPorts.bus"
  "port" "containerPorts.redis" -}}
{{- range $number, $line := splitList "\n" .Values.redis.configuration -}}
{{- $directive := regexFind "^[^ \\t\\r]+" (trim $line) | trimAll "\"'" | lower -}}
{{- if and $directive (has $directive $owned) -}}
{{- $problems = append $problems (printf "redis.configuration: given %q in line %d, expected no such line (redis-ha sets it itself%s)" $directive (add1 $number) (get $values $directive | empty | ternary "" (printf ", from %s" (get $values $directive)))) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Labels that selectors and the entrypoint rely on. */}}
{{- define "redis-ha.labelProblems" -}}
{{- $problems := list -}}
{{- $own := include "redis-ha.ownLabels" . | fromYaml | keys | sortAlpha -}}
{{- $role := .Values.roleLabel -}}
{{- $shard := .Values.cluster.shardLabel -}}
{{- $live := ternary (list $role.key $shard) (list $role.key) (eq .Values.architecture "cluster") -}}
{{- range list
  (list "commonLabels" .Values.commonLabels)
  (list "podLabels" .Values.podLabels)
  (list "persistence.labels" .Values.persistence.labels)
  (list "metrics.serviceMonitor.labels" .Values.metrics.serviceMonitor.labels) -}}
{{- $from := index . 0 -}}
{{- range $key, $value := index . 1 -}}
{{- if has $key (concat $own $live) -}}
{{- $problems = append $problems (printf "%s: given %q, expected no label that redis-ha sets itself" $from $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if has $role.key $own -}}
{{- $problems = append $problems (printf "roleLabel.key: given %q, expected no label that the chart sets itself" $role.key) -}}
{{- end -}}
{{- if or (has $shard $own) (eq $shard $role.key) -}}
{{- $problems = append $problems (printf "cluster.shardLabel: given %q, expected no label that the chart sets itself, nor roleLabel.key" $shard) -}}
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
{{- $env := ternary (list "HOST_IP") list (eq $v.architecture "cluster") -}}
{{- range list
  (list "extraEnv" $v.extraEnv (concat $env (list "PATH" "POD_NAME" "POD_UID" "POD_IP" "NODE_NAME" "POD_NAMESPACE")))
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
