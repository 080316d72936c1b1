{{/*
Every reason to refuse the values that values.schema.json can't tell: all that apply, in one failure, each with key, value
given and value expected. Included by statefulset.yaml.
*/}}
{{- define "redisha.validate" -}}
{{- $problems := concat
  (include "redisha.entrypointProblems" . | fromJsonArray)
  (include "redisha.elsewhereProblems" . | fromJsonArray)
  (include "redisha.nameProblems" . | fromJsonArray)
  (include "redisha.architectureProblems" . | fromJsonArray)
  (include "redisha.installedProblems" . | fromJsonArray)
  (include "redisha.clusterProblems" . | fromJsonArray)
  (include "redisha.sentinelProblems" . | fromJsonArray)
  (include "redisha.peersProblems" . | fromJsonArray)
  (include "redisha.choiceProblems" . | fromJsonArray)
  (include "redisha.timingProblems" . | fromJsonArray)
  (include "redisha.authProblems" . | fromJsonArray)
  (include "redisha.configurationProblems" . | fromJsonArray)
  (include "redisha.labelProblems" . | fromJsonArray)
  (include "redisha.extraProblems" . | fromJsonArray) -}}
{{- if $problems -}}
{{- fail (printf "\n\nThese values can't be used:\n- %s\n" (join "\n- " $problems)) -}}
{{- end -}}
{{- end -}}

{{/*
A name that is guessed is one that a stranger may own, and then the program of every pod. Version 0.3.0 guessed one, which reused values
bring along.
*/}}
{{- define "redisha.entrypointProblems" -}}
{{- $problems := list -}}
{{- $repository := .Values.entrypoint.image.repository -}}
{{- $image := include "redisha.entrypointImage" . -}}
{{- $guessed := regexMatch "^docker\\.io/redis-ha/redis-ha[:@]" $image -}}
{{- if or $guessed (not $repository) -}}
{{- $given := ternary (printf "%q of docker.io" $repository) "nothing" $guessed -}}
{{- $example := "registry.example.com/redis-ha" -}}
{{- $tagged := printf "%s:%s" $example .Chart.AppVersion -}}
{{- $problems = append $problems (printf "entrypoint.image.repository: given %s, expected the image of redis-ha as you have pushed it, such as %s: none is published, so first run docker build -t %s . && docker push %s" $given $example $tagged $tagged) -}}
{{- else if not (include "redisha.registryOf" $image) -}}
{{- $name := regexFind "^[^:@]+" $image -}}
{{- $problems = append $problems (printf "entrypoint.image.repository: given %q, expected a registry before it, such as registry.example.com/%s: without one each node chooses where it is pulled from" $name $name) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
Keys of the charts that people come from, which values.schema.json lets through to here. Without the value given: some are
passwords.
*/}}
{{- define "redisha.elsewhereProblems" -}}
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
  "sentinel.enabled" "architecture=sentinel"
  "sentinel.masterSet" "sentinel.masterName"
  "sentinel.downAfterMilliseconds" "sentinel.downAfter, a duration such as 3s"
  "sentinel.getMasterTimeout" "no such key: an instance waits for a majority of the sentinels, and never appoints itself"
  "sentinel.redisShutdownWaitFailover" "no such key: a master that is told to stop always hands over first (sentinel.handoverTimeout)"
  "sentinel.parallelSyncs" "no such key: all replicas follow a new master at once"
  "sentinel.automateClusterRecovery" "no such key: members that went away by scaling are forgotten, and dead names never remembered"
  "sentinel.annotateMaster" "no such key: the pod label of roleLabel says who is master"
  "sentinel.service" "service.sentinel"
  "sentinel.image" "image: sentinels are of the same image as the servers"
  "sentinel.configuration" "sentinel.downAfter, sentinel.failoverTimeout and sentinel.quorum"
  "sentinel.config" "sentinel.downAfter, sentinel.failoverTimeout and sentinel.quorum"
  "sentinel.containerPorts" "containerPorts.sentinel"
  "sentinel.port" "service.sentinel.port"
  "sentinel.auth" "auth.sentinel: the password is that of the servers"
  "sentinel.authKey" "auth.existingSecretPasswordKey: the password is that of the servers"
  "sentinel.existingSecret" "auth.existingSecret: the password is that of the servers"
  "sentinel.persistence" "no such key: what a sentinel must not forget, the Lease and the other sentinels remember"
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

{{/* Helm takes more than Services do: dots, and a digit first. */}}
{{- define "redisha.nameProblems" -}}
{{- $problems := list -}}
{{- if not (include "redisha.fullname" . | regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$") -}}
{{- $problems = append $problems (printf "the release's name: given %q, expected lower-case letters, digits and '-', a letter first, as the names of Services have it (or fullnameOverride)" .Release.Name) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* The architecture, what it was when the release was installed, and values of another one: who sets those expects what won't be. */}}
{{- define "redisha.architectureProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- $given := $v.architecture -}}
{{- if not (has $given (list "replication" "cluster" "sentinel" "peers")) -}}
{{- $problems = append $problems (printf "architecture: given %q, expected replication or cluster or sentinel or peers" $given) -}}
{{- else -}}
{{- $name := include "redisha.wholeName" . -}}
{{- /* With sentinels a long name is cut at another place. */ -}}
{{- range list (trunc 43 $name | trimSuffix "-") (trunc 48 $name | trimSuffix "-") | uniq -}}
{{- with include "redisha.installed" (dict "root" $ "api" "apps/v1" "kind" "StatefulSet" "name" .) | fromJson -}}
{{- $installed := dig "annotations" "redis-ha/architecture" "replication" .metadata -}}
{{- if ne $installed $given -}}
{{- $problems = append $problems (printf "architecture: given %q, expected %q, as this release was installed: its data would be of no use to the other (install a second release, and copy the keys)" $given $installed) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $instead := dict
  "cluster" (dict
    "replicas" "the number of instances is cluster.shards x (1 + cluster.replicasPerShard)"
    "failover.handoverTimeout" "set cluster.handoverTimeout"
    "failover.memberTimeout" "set cluster.nodeTimeout")
  "sentinel" (dict
    "failover.handoverTimeout" "set sentinel.handoverTimeout"
    "failover.memberTimeout" "set sentinel.downAfter"
    "failover.minReplicasMaxLag" "set sentinel.minReplicasMaxLag"
    "cluster.nodeTimeout" "set sentinel.downAfter"
    "cluster.handoverTimeout" "set sentinel.handoverTimeout")
  "peers" (dict
    "image.registry" "set peers.image.registry"
    "image.repository" "set peers.image.repository"
    "image.tag" "set peers.image.tag"
    "image.digest" "set peers.image.digest"
    "image.pullPolicy" "set peers.image.pullPolicy"
    "containerPorts.redis" "set peers.ports")
  "replication" dict -}}
{{- range include "redisha.valuesOfArchitectures" . | fromJsonArray -}}
{{- $group := . -}}
{{- if not (has $given $group.of) -}}
{{- range $key, $usual := $group.usual -}}
{{- $value := get $group.values $key -}}
{{- if and (ne (toJson $value) (toJson $usual)) (or $value (not (empty $usual))) -}}
{{- $why := dig $given (print $group.at $key) (printf "it is for architecture %s" (join " or " $group.of)) $instead -}}
{{- $problems = append $problems (printf "%s%s: given %s, expected %s with architecture %s: %s" $group.at $key (toJson $value) (toJson $usual) $given $why) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/*
The values that only some architectures (of) have, and what they are when nobody has set them (usual), as a JSON list. What may be a
password is not shown.
*/}}
{{- define "redisha.valuesOfArchitectures" -}}
{{- $v := .Values -}}
{{- $service := dict
  "type" "ClusterIP" "port" 6379 "nodePort" nil "clusterIP" "" "annotations" dict "loadBalancerIP" "" "loadBalancerClass" "" "loadBalancerSourceRanges" list
  "externalTrafficPolicy" "" -}}
{{- $spread := dict "podLabels" dict "podAnnotations" dict "affinity" dict "topologySpreadConstraints" nil -}}
{{- $image := dict "registry" "docker.io" "digest" "" "pullPolicy" "IfNotPresent" -}}
{{- $servers := list "replication" "cluster" "sentinel" -}}
{{- $oneMaster := list "replication" "sentinel" -}}
{{- toJson (list
  (dict "at" "" "of" (list "replication" "sentinel" "peers") "values" $v "usual" (dict "replicas" 3))
  (dict "at" "failover." "of" (list "replication") "values" $v.failover "usual" (dict
    "heartbeatInterval" "200ms" "memberTimeout" "1500ms" "fenceTimeout" "500ms" "renewInterval" "1500ms" "renewDeadline" "4s" "leaseDuration" "6s"
    "handoverTimeout" "3s" "lastHolderWait" "10s" "serverTimeout" "10s" "candidateOrder" "offset" "durability" "relaxed" "maxLoss" "" "minReplicasMaxLag" 3))
  (dict "at" "service.master." "of" $oneMaster "values" $v.service.master "usual" (merge (dict "publish" "endpointslice") $service))
  (dict "at" "service.replicas." "of" $oneMaster "values" $v.service.replicas "usual" $service)
  (dict "at" "cluster." "of" (list "cluster") "values" $v.cluster "usual" (dict
    "shards" 3 "replicasPerShard" 1 "nodeTimeout" "2s" "requireFullCoverage" true "preferredEndpointType" "ip" "handoverTimeout" "5s" "shardLabel" "shard"))
  (dict "at" "cluster.external." "of" (list "cluster") "values" $v.cluster.external "usual" (dict
    "enabled" false "type" "NodePort" "annotations" dict "loadBalancerClass" "" "loadBalancerSourceRanges" list "externalTrafficPolicy" ""
    "nodePorts" list "loadBalancerIPs" list))
  (dict "at" "sentinel." "of" (list "sentinel") "values" $v.sentinel "usual" (merge (dict
    "replicas" 3 "masterName" "mymaster" "quorum" nil "downAfter" "3s" "failoverTimeout" "10s" "handoverTimeout" "15s" "minReplicasMaxLag" 3
    "resources" (dict "requests" (dict "cpu" "50m" "memory" "128Mi")) "updateStrategy" (dict "type" "RollingUpdate")) $spread))
  (dict "at" "auth." "of" (list "sentinel") "values" $v.auth "usual" (dict "sentinel" true))
  (dict "at" "service.sentinel." "of" (list "sentinel") "values" $v.service.sentinel "usual" (merge (dict "port" 26379) $service))
  (dict "at" "peers." "of" (list "peers") "values" $v.peers "usual" (dict
    "mode" "entrypoint" "command" list "args" list "argPerPeer" "{host}:{port}" "separator" "" "ports" list "port" nil "check" "tcp" "minPeers" 0
    "style" "names" "waitTimeout" "30s" "podManagementPolicy" "OrderedReady" "dataPath" ""))
  (dict "at" "peers.image." "of" (list "peers") "values" $v.peers.image "usual" (merge (dict "repository" "" "tag" "") $image))
  (dict "at" "service.bootstrap." "of" (list "peers") "values" $v.service.bootstrap "usual" (omit $service "port" "nodePort"))
  (dict "at" "image." "of" $servers "values" $v.image "usual" (merge (dict "repository" "redis" "tag" "8.0") $image))
  (dict "at" "auth." "of" $servers "values" (set (omit $v.auth "password") "password" (ternary "" "***" (empty $v.auth.password))) "usual" (dict
    "enabled" true "password" "" "existingSecret" "" "existingSecretPasswordKey" "redis-password"))
  (dict "at" "redis." "of" $servers "values" (dict "configuration" (ternary "" "***" (empty $v.redis.configuration))) "usual" (dict "configuration" ""))
  (dict "at" "service.all." "of" $servers "values" $v.service.all "usual" (merge (dict "clusterIP" "None") $service))
  (dict "at" "roleLabel." "of" $servers "values" $v.roleLabel "usual" (dict "key" "role" "master" "master" "replica" "replica"))
  (dict "at" "containerPorts." "of" $servers "values" $v.containerPorts "usual" (dict "redis" 6379 "member" 8380))
  (dict "at" "containerPorts." "of" (list "cluster") "values" $v.containerPorts "usual" (dict "bus" 16379))
  (dict "at" "containerPorts." "of" (list "sentinel") "values" $v.containerPorts "usual" (dict "sentinel" 26379))
) -}}
{{- end -}}

{{- define "redisha.clusterProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- if include "redisha.isCluster" . -}}
{{- with $v.cluster -}}
{{- if lt (int .shards) 3 -}}
{{- $problems = append $problems (printf "cluster.shards: given %d, expected at least 3: a majority of masters decides on a failover, and of fewer none is left when one is lost" (int .shards)) -}}
{{- end -}}
{{- if not (has .preferredEndpointType (list "ip" "hostname")) -}}
{{- $problems = append $problems (printf "cluster.preferredEndpointType: given %q, expected ip or hostname" .preferredEndpointType) -}}
{{- end -}}
{{- if lt (include "redisha.millis" .nodeTimeout | int64) 1000 -}}
{{- $problems = append $problems (printf "cluster.nodeTimeout: given %s, expected at least 1s: a fork or a slow disk would pass for a failure" .nodeTimeout) -}}
{{- end -}}
{{- if eq (include "redisha.millis" .handoverTimeout | int64) 0 -}}
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

{{- define "redisha.sentinelProblems" -}}
{{- $problems := list -}}
{{- if include "redisha.isSentinel" . -}}
{{- with .Values.sentinel -}}
{{- $count := int .replicas -}}
{{- if or (lt $count 3) (eq (mod $count 2) 0) -}}
{{- $problems = append $problems (printf "sentinel.replicas: given %d, expected an odd number, 3 or more: a majority of them decides, of fewer none is left when one is lost, and an even one more decides nothing" $count) -}}
{{- end -}}
{{- if and (not (kindIs "invalid" .quorum)) (lt (int .quorum) 1) -}}
{{- $problems = append $problems (printf "sentinel.quorum: given %d, expected at least 1, or nothing for the majority of those that there are" (int .quorum)) -}}
{{- else if gt (int (default 0 .quorum)) $count -}}
{{- $problems = append $problems (printf "sentinel.quorum: given %d, expected at most sentinel.replicas = %d: more can never agree that the master is down" (int .quorum) $count) -}}
{{- end -}}
{{- if not (regexMatch "^[A-Za-z0-9._-]+$" .masterName) -}}
{{- $problems = append $problems (printf "sentinel.masterName: given %q, expected letters, digits, '.', '-' and '_'" .masterName) -}}
{{- end -}}
{{- $durations := list -}}
{{- range $key := list "downAfter" "failoverTimeout" "handoverTimeout" -}}
{{- $given := get $.Values.sentinel $key -}}
{{- if kindIs "string" $given -}}
{{- $durations = append $durations $key -}}
{{- else -}}
{{- $problems = append $problems (printf "sentinel.%s: given %d, expected a duration such as 3s" $key (int64 $given)) -}}
{{- end -}}
{{- end -}}
{{- if and (has "downAfter" $durations) (lt (include "redisha.millis" .downAfter | int64) 500) -}}
{{- $problems = append $problems (printf "sentinel.downAfter: given %s, expected at least 500ms: a fork or a slow disk would pass for a failure" .downAfter) -}}
{{- end -}}
{{- range $key := without $durations "downAfter" -}}
{{- if eq (include "redisha.millis" (get $.Values.sentinel $key) | int64) 0 -}}
{{- $problems = append $problems (printf "sentinel.%s: given %s, expected more than 0" $key (get $.Values.sentinel $key)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range list
  (list "updateStrategy" .Values.updateStrategy "what is lost with two instances may be on no third")
  (list "sentinel.updateStrategy" .Values.sentinel.updateStrategy "a majority of the sentinels must stay") -}}
{{- $together := dig "rollingUpdate" "maxUnavailable" 1 (index . 1) -}}
{{- if ne (toString $together) "1" -}}
{{- $problems = append $problems (printf "%s.rollingUpdate.maxUnavailable: given %v, expected 1: %s" (index . 0) $together (index . 2)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Placeholders that nothing would be put in for. Other braces are the program's. Called with a key, a text, and the known ones. */}}
{{- define "redisha.placeholderProblems" -}}
{{- $problems := list -}}
{{- range regexFindAll "\\{[A-Za-z][A-Za-z0-9_]*\\}" .text -1 -}}
{{- if not (has . $.known) -}}
{{- $problems = append $problems (printf "%s: given %s, expected %s" $.key . (join ", " $.known)) -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "redisha.peersProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- if include "redisha.isPeers" . -}}
{{- with $v.peers -}}
{{- if empty .image.repository -}}
{{- $problems = append $problems "peers.image.repository: given nothing, expected the image of the program" -}}
{{- else if and (empty .image.tag) (empty .image.digest) -}}
{{- $problems = append $problems "peers.image.tag: given nothing, expected a tag, or peers.image.digest" -}}
{{- end -}}
{{- range list
  (list "peers.mode" .mode "entrypoint" "init")
  (list "peers.style" .style "names" "ips")
  (list "peers.podManagementPolicy" .podManagementPolicy "OrderedReady" "Parallel") -}}
{{- if not (has (index . 1) (slice . 2)) -}}
{{- $problems = append $problems (printf "%s: given %q, expected %s" (index . 0) (index . 1) (join " or " (slice . 2))) -}}
{{- end -}}
{{- end -}}
{{- $replaced := .args -}}
{{- $known := list "{self}" "{host}" "{ip}" "{ordinal}" "{port}" -}}
{{- if ne .mode "init" -}}
{{- $replaced = concat .command .args -}}
{{- if empty .command -}}
{{- $problems = append $problems "peers.command: given nothing, expected the program to run: the image's own is only run with peers.mode=init" -}}
{{- end -}}
{{- range .command -}}
{{- $problems = concat $problems (include "redisha.placeholderProblems" (dict "key" "peers.command" "text" . "known" (prepend $known "{peer}")) | fromJsonArray) -}}
{{- end -}}
{{- else -}}
{{- range .command -}}
{{- /* ${host} is a shell's. */ -}}
{{- range regexFindAll "(^|[^$])\\{(peer|self|host|ip|ordinal|port)\\}" . -1 -}}
{{- $problems = append $problems (printf "peers.command: given %s, expected none of %s with peers.mode=init: nothing is put in there, the arguments are in /peers/args" (regexFind "\\{.*" .) (join ", " (prepend $known "{peer}"))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range .args -}}
{{- $problems = concat $problems (include "redisha.placeholderProblems" (dict "key" "peers.args" "text" . "known" (prepend $known "{peer}")) | fromJsonArray) -}}
{{- end -}}
{{- if and (not (contains "{peer}" (join " " $replaced))) (or .args (ne .mode "init")) -}}
{{- $problems = append $problems (printf "peers.args: given %s, expected {peer} in one of them: nobody would be told of the others" (toJson .args)) -}}
{{- end -}}
{{- $problems = concat $problems (include "redisha.placeholderProblems" (dict "key" "peers.argPerPeer" "text" .argPerPeer "known" $known) | fromJsonArray) -}}
{{- if not (or (empty .argPerPeer) (regexMatch "\\{(host|ip|ordinal)\\}" .argPerPeer)) -}}
{{- $problems = append $problems (printf "peers.argPerPeer: given %q, expected {host}, {ip} or {ordinal} in it: all others would look the same" .argPerPeer) -}}
{{- end -}}
{{- $port := include "redisha.peerPort" $ | int -}}
{{- $listens := false -}}
{{- $taken := dict "http" "http" (printf "%d/TCP" (int $v.containerPorts.http)) "http" -}}
{{- range .ports -}}
{{- if not (has (default "TCP" .protocol) (list "TCP" "UDP")) -}}
{{- $problems = append $problems (printf "peers.ports: given protocol %q for %s, expected TCP or UDP" .protocol .name) -}}
{{- end -}}
{{- $at := printf "%d/%s" (int .port) (default "TCP" .protocol) -}}
{{- if eq $at (printf "%d/TCP" $port) }}{{ $listens = true }}{{ end -}}
{{- range list .name $at -}}
{{- if hasKey $taken . -}}
{{- $problems = append $problems (printf "peers.ports: given %q twice, expected each name and port once (name http and port %d are redis-ha's own, see containerPorts.http)" . (int $v.containerPorts.http)) -}}
{{- end -}}
{{- $_ := set $taken . "" -}}
{{- end -}}
{{- end -}}
{{- if empty .ports -}}
{{- $problems = append $problems "peers.ports: given none, expected at least the port whose answer proves that an instance lives" -}}
{{- else if not $listens -}}
{{- $problems = append $problems (printf "peers.port: given %s, expected a TCP port of peers.ports: its answer proves that an instance lives" (ternary (printf "nothing, so %d" $port) (toString $port) (empty .port))) -}}
{{- end -}}
{{- if not (regexMatch "^(tcp|http:/\\S*)$" .check) -}}
{{- $problems = append $problems (printf "peers.check: given %q, expected tcp or http:/path" .check) -}}
{{- end -}}
{{- if ge (int .minPeers) (int $v.replicas) -}}
{{- $problems = append $problems (printf "peers.minPeers: given %d, expected less than replicas = %d: no instance would ever be started" (int .minPeers) (int $v.replicas)) -}}
{{- end -}}
{{- if eq (include "redisha.millis" .waitTimeout | int64) 0 -}}
{{- $problems = append $problems (printf "peers.waitTimeout: given %s, expected more than 0" .waitTimeout) -}}
{{- end -}}
{{- $system := list "/etc" "/var" "/run" "/proc" "/sys" "/dev" "/usr" "/bin" "/sbin" "/lib" "/lib64" -}}
{{- if and .dataPath (or (not (regexMatch "^(/[A-Za-z0-9._-]+)+$" .dataPath)) (regexMatch "/\\.\\.?(/|$)" .dataPath) (regexMatch "^/(redis-ha|peers|etc/redis-ha|tmp)(/|$)" .dataPath) (has .dataPath $system)) -}}
{{- $problems = append $problems (printf "peers.dataPath: given %q, expected the absolute path of a directory that nothing else uses" .dataPath) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* One of a few words. Not an enum of the schema: its message would not say what was given. */}}
{{- define "redisha.choiceProblems" -}}
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
{{- range $name := list "master" "replicas" "all" "sentinel" "bootstrap" -}}
{{- $service := index $v.service $name -}}
{{- if not (has $service.type (list "ClusterIP" "NodePort" "LoadBalancer")) -}}
{{- $problems = append $problems (printf "service.%s.type: given %q, expected ClusterIP or NodePort or LoadBalancer" $name $service.type) -}}
{{- else if and $service.nodePort (eq $service.type "ClusterIP") -}}
{{- $problems = append $problems (printf "service.%s.nodePort: given %d, expected none with type ClusterIP" $name (int64 $service.nodePort)) -}}
{{- end -}}
{{- end -}}
{{- $ports := include "redisha.ownPorts" . | fromYaml -}}
{{- if ne (values $ports | len) (values $ports | uniq | len) -}}
{{- $problems = append $problems (printf "containerPorts: given %s, expected %s different ports" (toJson $ports) (ternary "four" "three" (eq 4 (len $ports)))) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Rule of safety: an old leader has stopped before a new one may start. The entrypoint checks it again. */}}
{{- define "redisha.timingProblems" -}}
{{- $problems := list -}}
{{- $f := .Values.failover -}}
{{- $heartbeat := include "redisha.millis" $f.heartbeatInterval | int64 -}}
{{- $member := include "redisha.millis" $f.memberTimeout | int64 -}}
{{- $renew := include "redisha.millis" $f.renewInterval | int64 -}}
{{- $deadline := include "redisha.millis" $f.renewDeadline | int64 -}}
{{- $lease := include "redisha.millis" $f.leaseDuration | int64 -}}
{{- $stopped := add $deadline (include "redisha.millis" $f.fenceTimeout | int64) 250 -}}
{{- range $key := list "heartbeatInterval" "memberTimeout" "renewInterval" "renewDeadline" "leaseDuration" "handoverTimeout" -}}
{{- if eq (include "redisha.millis" (index $f $key) | int64) 0 -}}
{{- $problems = append $problems (printf "failover.%s: given %s, expected more than 0" $key (index $f $key)) -}}
{{- end -}}
{{- end -}}
{{- if ge $stopped $lease -}}
{{- $problems = append $problems (printf "failover.leaseDuration: given %s, expected more than renewDeadline + fenceTimeout + 250ms = %dms" $f.leaseDuration $stopped) -}}
{{- end -}}
{{- if gt (mul $heartbeat 3) $member -}}
{{- $problems = append $problems (printf "failover.memberTimeout: given %s, expected at least 3 x heartbeatInterval = %dms" $f.memberTimeout (mul $heartbeat 3)) -}}
{{- end -}}
{{- if lt (include "redisha.millis" $f.fenceTimeout | int64) 300 -}}
{{- $problems = append $problems (printf "failover.fenceTimeout: given %s, expected at least 300ms" $f.fenceTimeout) -}}
{{- end -}}
{{- with $f.serverTimeout -}}
{{- if lt (include "redisha.millis" . | int64) 2000 -}}
{{- $problems = append $problems (printf "failover.serverTimeout: given %s, expected at least 2000ms" .) -}}
{{- end -}}
{{- end -}}
{{- with $f.maxLoss -}}
{{- $enough := mul $heartbeat 3 | add 400 -}}
{{- if lt (include "redisha.millis" . | int64) (max 1000 $enough | int64) -}}
{{- $problems = append $problems (printf "failover.maxLoss: given %s, expected at least 1s, and at least 400ms + 3 x heartbeatInterval = %dms" . $enough) -}}
{{- end -}}
{{- if eq $f.candidateOrder "priority" -}}
{{- $problems = append $problems (printf "failover.maxLoss: given %s, expected none with candidateOrder: priority, which may elect one that lacks what another has acknowledged" .) -}}
{{- end -}}
{{- if and (eq $.Values.architecture "replication") (lt (int $.Values.replicas) 2) -}}
{{- $problems = append $problems (printf "failover.maxLoss: given %s, expected none with replicas: 1, as nobody could acknowledge a write" .) -}}
{{- end -}}
{{- end -}}
{{- if ge $renew $deadline -}}
{{- $problems = append $problems (printf "failover.renewInterval: given %s, expected less than renewDeadline = %dms" $f.renewInterval $deadline) -}}
{{- end -}}
{{- $least := include "redisha.leastGracePeriodSeconds" . | int64 -}}
{{- if lt (include "redisha.gracePeriodSeconds" . | int64) $least -}}
{{- $sum := ternary "5s + 1s for the program" "handoverTimeout + shutdown-timeout + 5s" (not (empty (include "redisha.isPeers" .))) -}}
{{- $problems = append $problems (printf "terminationGracePeriodSeconds: given %d, expected at least %s = %d" (int64 .Values.terminationGracePeriodSeconds) $sum $least) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{- define "redisha.authProblems" -}}
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
{{- define "redisha.ownedDirectives" -}}
port bind daemonize supervised pidfile dir unixsocket logfile include
replicaof slaveof masterauth masteruser requirepass protected-mode user aclfile rename-command
replica-serve-stale-data slave-serve-stale-data replica-read-only slave-read-only
min-replicas-to-write min-slaves-to-write min-replicas-max-lag min-slaves-max-lag
replica-announce-ip replica-announce-port slave-announce-ip slave-announce-port replica-announced slave-announced
tls-port primaryauth primaryuser
cluster-enabled cluster-config-file cluster-port cluster-node-timeout cluster-require-full-coverage
cluster-preferred-endpoint-type cluster-allow-replica-migration cluster-replica-no-failover cluster-slave-no-failover
cluster-replica-validity-factor cluster-slave-validity-factor cluster-announce-ip cluster-announce-port
cluster-announce-tls-port cluster-announce-bus-port cluster-announce-hostname cluster-announce-client-ipv4
cluster-announce-client-ipv6 cluster-announce-client-port cluster-announce-client-tls-port
{{- end -}}

{{/*
Values with which no instance could serve, or lead: directives ; a pattern of the refused value ; what would be right ; architectures. The entrypoint has the
same table, and a test of it compares the two.
*/}}
{{- define "redisha.unfitValues" -}}
replica-priority slave-priority ; ^[-+]?0+$ ; at least 1, or no instance may ever lead ; replication sentinel
maxclients ; ^[0-9]{1,2}$ ; at least 100, some of which redis-ha and the replicas need ; replication cluster sentinel
repl-timeout ; ^0*[0-4]$ ; at least 5, or replicas lose their links while nothing is wrong ; replication cluster sentinel
dbfilename appenddirname ; ^nodes\.conf$ ; another name, this one is the cluster's own file ; cluster
dbfilename appendfilename appenddirname ; ^(\.{0,2}|\.redis-ha)$ ; the name of a file of its own, or nothing can be written under it ; replication cluster sentinel
key-load-delay ; ^-?0*[1-9][0-9]*$ ; 0, it is for Redis' own tests and makes every start slow ; replication cluster sentinel
rdb-key-save-delay ; ^0*[1-9][0-9]{4,}$ ; less than 10000 microseconds, as each copy takes so long for each key ; replication cluster sentinel
maxmemory ; ^0*(([1-9][0-9]{0,5}|[1-7][0-9]{6})b?|([1-9][0-9]{0,2}|[1-7][0-9]{3})kb?|[1-7]mb?)$ ; at least 8mb, some of which the server needs itself, or 0 for no limit ; replication cluster sentinel
repl-backlog-size ; ^0*([1-9][0-9]{0,5}b?|[1-9][0-9]{0,2}kb?)$ ; at least 1mb, or each change of master costs full copies ; replication cluster sentinel
repl-diskless-sync-delay ; ^0*(6[1-9]|[7-9][0-9]|[1-9][0-9]{2,})$ ; at most 60, as a replica waits so long before each full copy ; replication cluster sentinel
loglevel ; ^nothing$ ; debug, verbose, notice or warning, as redis-ha tells by the server's words why it does not start ; replication cluster sentinel
tls-replication ; ^yes$ ; no, as there is no TLS yet ; replication cluster sentinel
tls-cluster ; ^yes$ ; no, as there is no TLS yet ; cluster
cluster-blacklist-ttl ; ^0*[1-5]?[0-9]$ ; at least 60 seconds, or a node that was forgotten comes back ; cluster
cluster-manual-failover-timeout ; ^0*[0-4]?[0-9]{1,2}$ ; at least 500 milliseconds, or no master can hand over ; cluster
bind-source-addr ; ^.*[^ ].*$ ; no such line, as each pod has an address of its own ; replication cluster sentinel
client-output-buffer-limit ; (^| )(slave|replica) +0*([1-9][0-9]{0,6}b?|[1-9][0-9]{0,3}kb?|[1-9]mb?)( |$) ; at least 10mb for replicas, or 0 for no limit, or none stays linked ; replication cluster sentinel
{{- end -}}

{{/* Of a line that is ours only the directive is shown: the rest may be a password. */}}
{{- define "redisha.configurationProblems" -}}
{{- $problems := list -}}
{{- $owned := include "redisha.ownedDirectives" . | splitList "\n" | join " " | splitList " " -}}
{{- $values := dict
  "cluster-node-timeout" "cluster.nodeTimeout"
  "cluster-require-full-coverage" "cluster.requireFullCoverage"
  "cluster-preferred-endpoint-type" "cluster.preferredEndpointType"
  "cluster-announce-ip" "cluster.external"
  "cluster-announce-port" "cluster.external"
  "cluster-announce-hostname" "cluster.external"
  "cluster-port" "containerPorts.bus"
  "port" "containerPorts.redis" -}}
{{- $length := len .Values.redis.configuration -}}
{{- if gt $length 131072 -}}
{{- $problems = append $problems (printf "redis.configuration: given %d bytes, expected at most 131072: each pod has it as an annotation, and all of a pod's annotations together may have 262144" $length) -}}
{{- end -}}
{{- $ping := 1 -}}
{{- $timeout := 10 -}}
{{- $files := dict "dbfilename" "dump.rdb" "appenddirname" "appendonlydir" "appendonly" (ternary "yes" "no" .Values.persistence.enabled) -}}
{{- range $number, $line := splitList "\n" .Values.redis.configuration -}}
{{- $directive := regexFind "^[^ \\t\\r]+" (trim $line) | trimAll "\"'" | lower -}}
{{- if and $directive (has $directive $owned) -}}
{{- $problems = append $problems (printf "redis.configuration: given %q in line %d, expected no such line (redis-ha sets it itself%s)" $directive (add1 $number) (get $values $directive | empty | ternary "" (printf ", from %s" (get $values $directive)))) -}}
{{- end -}}
{{- $value := regexReplaceAll "^[^ \\t\\r]+" (trim $line) "" | replace "\"" "" | replace "'" "" | lower | splitList " " | compact | join " " -}}
{{- range include "redisha.unfitValues" $ | trim | splitList "\n" -}}
{{- $entry := splitList " ; " . -}}
{{- if and (has $directive (index $entry 0 | splitList " ")) (has $.Values.architecture (index $entry 3 | splitList " ")) (regexMatch (index $entry 1) $value) -}}
{{- $problems = append $problems (printf "redis.configuration: given \"%s %s\" in line %d, expected %s" $directive $value (add1 $number) (index $entry 2)) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $files $directive }}{{ $files = set $files $directive $value }}{{ end -}}
{{- if regexMatch "^[0-9]{1,9}$" $value -}}
{{- if has $directive (list "repl-ping-replica-period" "repl-ping-slave-period") }}{{ $ping = atoi $value }}{{ end -}}
{{- if eq $directive "repl-timeout" }}{{ $timeout = atoi $value }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if ge $ping $timeout -}}
{{- $problems = append $problems (printf "redis.configuration: given repl-ping-replica-period %d with repl-timeout %d, expected less than that, or replicas lose their links while nothing is written" $ping $timeout) -}}
{{- end -}}
{{- if and (eq $files.appendonly "yes") (eq $files.dbfilename $files.appenddirname) -}}
{{- $problems = append $problems (printf "redis.configuration: given dbfilename %s and appenddirname %s, expected two names, or no replica can keep a copy" $files.dbfilename $files.appenddirname) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* Labels that selectors and the entrypoint rely on. */}}
{{- define "redisha.labelProblems" -}}
{{- $problems := list -}}
{{- $own := include "redisha.ownLabels" (dict "root" . "component" "") | fromYaml | keys | sortAlpha -}}
{{- $role := .Values.roleLabel -}}
{{- $shard := .Values.cluster.shardLabel -}}
{{- $live := ternary list (list $role.key) (eq .Values.architecture "peers") -}}
{{- if eq .Values.architecture "cluster" }}{{ $live = append $live $shard }}{{ end -}}
{{- range list
  (list "commonLabels" .Values.commonLabels)
  (list "podLabels" .Values.podLabels)
  (list "sentinel.podLabels" .Values.sentinel.podLabels)
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
{{- define "redisha.extraProblems" -}}
{{- $problems := list -}}
{{- $v := .Values -}}
{{- $env := list "POD_NAME" "POD_UID" "POD_IP" "NODE_NAME" "POD_NAMESPACE" -}}
{{- if ne $v.architecture "peers" }}{{ $env = append $env "PATH" }}{{ end -}}
{{- if eq $v.architecture "cluster" }}{{ $env = append $env "HOST_IP" }}{{ end -}}
{{- $containers := concat (ternary (list "peer" "peers" "watch") (list "redis") (eq $v.architecture "peers")) (list "install" "check") -}}
{{- range list
  (list "extraEnv" $v.extraEnv $env)
  (list "extraVolumes" $v.extraVolumes (list "redis-ha" "config" "secret" "data" "run" "tmp" "token" "peers"))
  (list "extraContainers" $v.extraContainers $containers)
  (list "extraInitContainers" $v.extraInitContainers $containers) -}}
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
