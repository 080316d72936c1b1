{{/*
An object that is there, as JSON: an empty one if there is none, if it is another release's, or if Helm has no cluster to ask
(helm template). Called with the root, an api, a kind and a name.
*/}}
{{- define "redisha.installed" -}}
{{- $found := lookup .api .kind .root.Release.Namespace .name -}}
{{- $release := dig "metadata" "annotations" "meta.helm.sh/release-name" .root.Release.Name $found -}}
{{- ternary $found dict (eq .root.Release.Name $release) | toJson -}}
{{- end -}}

{{/*
Changes that Kubernetes refuses. It would do so when the ConfigMap is already the new one and hooks have run; here nothing has changed
yet.
*/}}
{{- define "redisha.installedProblems" -}}
{{- $problems := list -}}
{{- with include "redisha.installed" (dict "root" . "api" "apps/v1" "kind" "StatefulSet" "name" (include "redisha.fullname" .)) | fromJson -}}
{{- /* To another architecture all else comes down. */ -}}
{{- if eq $.Values.architecture (dig "annotations" "redis-ha/architecture" "replication" .metadata) -}}
{{- $there := default dict .spec -}}
{{- $given := include "redisha.name" $ -}}
{{- $installed := dig "selector" "matchLabels" "app.kubernetes.io/name" $given $there -}}
{{- if ne $given $installed -}}
{{- $problems = append $problems (printf "nameOverride: given %q, expected %q, as this release was installed: the pods are selected by it, and Kubernetes refuses a change (install a second release, and copy the keys)" $given $installed) -}}
{{- end -}}
{{- $given = $.Values.peers.podManagementPolicy -}}
{{- $installed = dig "podManagementPolicy" "OrderedReady" $there -}}
{{- if and (include "redisha.isPeers" $) (ne $given $installed) -}}
{{- $problems = append $problems (printf "peers.podManagementPolicy: given %q, expected %q, as this release was installed: Kubernetes refuses a change (%s)" $given $installed (include "redisha.recreateSet" $)) -}}
{{- end -}}
{{- $problems = concat $problems (include "redisha.claimProblems" (dict "root" $ "claims" (dig "volumeClaimTemplates" nil $there)) | fromJsonArray) -}}
{{- end -}}
{{- end -}}
{{- toJson (concat $problems (include "redisha.serviceProblems" . | fromJsonArray)) -}}
{{- end -}}

{{/* What a person can do about a StatefulSet that Kubernetes refuses to change. */}}
{{- define "redisha.recreateSet" -}}
{{- printf "kubectl -n %s delete statefulset %s --cascade=orphan lets the pods run on, and this upgrade then creates it again" .Release.Namespace (include "redisha.fullname" .) -}}
{{- end -}}

{{/* Claims of volumes. Called with the root, and with those of the StatefulSet that is there. */}}
{{- define "redisha.claimProblems" -}}
{{- $problems := list -}}
{{- $v := .root.Values -}}
{{- $given := include "redisha.claimTemplates" .root | fromYamlArray | first -}}
{{- $installed := default list .claims | first -}}
{{- $refused := "as this release was installed: Kubernetes refuses a change" -}}
{{- if and $given $installed -}}
{{- $recreate := printf "%s; claims that are there stay as they are" (include "redisha.recreateSet" .root) -}}
{{- $size := dig "resources" "requests" "storage" "" $installed.spec -}}
{{- if ne (include "redisha.bytes" $v.persistence.size) (include "redisha.bytes" $size) -}}
{{- $problems = append $problems (printf "persistence.size: given %s, expected %s, %s (%s, unless enlarged with kubectl edit pvc, if their StorageClass allows it)" $v.persistence.size $size $refused $recreate) -}}
{{- end -}}
{{- $class := ternary (dig "storageClassName" "" $installed.spec | default "-") "" (hasKey $installed.spec "storageClassName") -}}
{{- range list
  (list "storageClass" $v.persistence.storageClass $class)
  (list "accessModes" $v.persistence.accessModes $installed.spec.accessModes)
  (list "selector" (default dict $v.persistence.selector) (dig "selector" nil $installed.spec | default dict))
  (list "labels" (default dict $v.persistence.labels) (omit (dig "labels" nil $installed.metadata | default dict) "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/component"))
  (list "annotations" (default dict $v.persistence.annotations) (dig "annotations" nil $installed.metadata | default dict)) -}}
{{- if ne (index . 1 | toJson) (index . 2 | toJson) -}}
{{- $problems = append $problems (printf "persistence.%s: given %s, expected %s, %s (%s)" (index . 0) (index . 1 | toJson) (index . 2 | toJson) $refused $recreate) -}}
{{- end -}}
{{- end -}}
{{- else if or $given $installed -}}
{{- $which := printf "persistence.enabled: given %v, expected %v" (not (empty $given)) (not (empty $installed)) -}}
{{- if and $v.persistence.enabled (include "redisha.isPeers" .root) -}}
{{- $which = printf "peers.dataPath: given %q, expected %s" $v.peers.dataPath (ternary "nothing" "a path" (empty $installed)) -}}
{{- end -}}
{{- $problems = append $problems (printf "%s, %s of whether pods have volumes (install a second release, and copy the data)" $which $refused) -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}

{{/* A quantity in bytes: Kubernetes writes 8192Mi as 8Gi and 1.1Gi as 1181116006400m, and takes them for the same. */}}
{{- define "redisha.bytes" -}}
{{- $units := dict "" 1 "m" 0.001 "u" 0.000001 "n" 0.000000001 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "P" 1000000000000000 "E" 1000000000000000000
  "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- $number := toString . | regexFind "^[0-9.]+" -}}
{{- $unit := trimPrefix $number (toString .) -}}
{{- ternary (mulf (float64 $number) (get $units $unit) | printf "%.0f") (toString .) (hasKey $units $unit) -}}
{{- end -}}

{{/* Services: what an address or a load balancer has once been given stays so. */}}
{{- define "redisha.serviceProblems" -}}
{{- $problems := list -}}
{{- $services := list -}}
{{- if include "redisha.isPeers" . -}}
{{- $services = append $services (list "service.bootstrap" (include "redisha.bootstrapName" .) .Values.service.bootstrap) -}}
{{- else -}}
{{- $services = append $services (list "service.all" (include "redisha.fullname" .) .Values.service.all) -}}
{{- end -}}
{{- if include "redisha.hasMaster" . -}}
{{- $services = concat $services (list
  (list "service.master" (include "redisha.masterName" .) .Values.service.master)
  (list "service.replicas" (include "redisha.replicasName" .) .Values.service.replicas)) -}}
{{- end -}}
{{- if include "redisha.isSentinel" . -}}
{{- $services = append $services (list "service.sentinel" (include "redisha.sentinelName" .) .Values.service.sentinel) -}}
{{- end -}}
{{- /* They are all alike. */ -}}
{{- with include "redisha.podServiceNames" . | fromJsonArray | first -}}
{{- $services = append $services (list "cluster.external" . $.Values.cluster.external) -}}
{{- end -}}
{{- range $services -}}
{{- $key := index . 0 -}}
{{- $name := index . 1 -}}
{{- $spec := include "redisha.clientServiceSpec" (index . 2) | fromYaml -}}
{{- with include "redisha.installed" (dict "root" $ "api" "v1" "kind" "Service" "name" $name) | fromJson -}}
{{- $recreate := printf "kubectl -n %s delete service %s, and this upgrade then creates it again: until then clients can't reach it" $.Release.Namespace $name -}}
{{- $installed := dig "clusterIP" "" .spec -}}
{{- $given := dig "clusterIP" "" $spec -}}
{{- $why := printf "as there is: Kubernetes refuses a change (%s)" $recreate -}}
{{- /* Where none is given Kubernetes keeps the one that there is, "None" too, which only type ClusterIP may have. */ -}}
{{- if and $given (ne $given $installed) -}}
{{- $problems = append $problems (printf "%s.clusterIP: given %q, expected %q, %s" $key $given $installed $why) -}}
{{- else if and (eq $installed "None") (ne $spec.type "ClusterIP") -}}
{{- $problems = append $problems (printf "%s.type: given %q, expected \"ClusterIP\" with clusterIP \"None\", %s" $key $spec.type $why) -}}
{{- end -}}
{{- /* One that is not given may have been set by a webhook, as the AWS Load Balancer Controller's does: an upgrade leaves it. */ -}}
{{- $installed = dig "loadBalancerClass" "" .spec -}}
{{- $given = dig "loadBalancerClass" "" $spec -}}
{{- if and $given (eq .spec.type "LoadBalancer") (ne $given $installed) -}}
{{- $problems = append $problems (printf "%s.loadBalancerClass: given %q, expected %q, %s" $key $given $installed $why) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $problems -}}
{{- end -}}
