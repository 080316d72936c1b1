{{/*
A pod of the release: a member's, or a sentinel's. Called with the root and a component; included by the StatefulSets only. What is said of
a pod in the values is said of the members' at the top and of the sentinels' under sentinel.
*/}}
{{- define "redisha.pod" -}}
{{- $v := .root.Values -}}
{{- $sentinel := eq .component "sentinel" -}}
{{- $peer := eq .component "peer" -}}
{{- $beside := include "redisha.isBeside" .root -}}
{{- $said := ternary $v.sentinel $v $sentinel -}}
{{- $extra := ternary dict $v $sentinel -}}
metadata:
  labels:
    {{- include "redisha.podLabels" (merge (dict "labels" $said.podLabels) .) | nindent 4 }}
  {{- $fixed := include "redisha.podSettingsAnnotations" . | fromYaml }}
  {{- include "redisha.annotations" (dict "root" .root "own" $said.podAnnotations "fixed" $fixed) | nindent 2 }}
spec:
  serviceAccountName: {{ include "redisha.serviceAccountName" .root }}
  # Only the entrypoint's container talks to the API server: the token is a volume that only it mounts.
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "redisha.gracePeriodSecondsOf" . }}
  securityContext:
    {{- toYaml $v.podSecurityContext | nindent 4 }}
  {{- with include "redisha.imagePullSecrets" .root }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $v.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with $v.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $sentinel }}
  # A sentinel waits for names in its only thread, once a second for each pod that is away: with the usual 5 s, twice, a DNS that is slow
  # to say no would keep it from all else.
  dnsConfig:
    options:
      - {name: timeout, value: "1"}
      - {name: attempts, value: "1"}
      - {name: ndots, value: "2"}
  {{- end }}
  {{- with $said.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if kindIs "invalid" $said.topologySpreadConstraints }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "redisha.selectorLabelsOf" . | nindent 10 }}
  {{- else }}
  {{- with $said.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  initContainers:
    {{- if $beside }}
    {{- include "redisha.listContainer" (dict "root" .root "name" "peers" "stays" false) | nindent 4 }}
    {{- else }}
    - name: install
      image: {{ include "redisha.entrypointImage" .root }}
      imagePullPolicy: {{ $v.entrypoint.image.pullPolicy }}
      args: ["install", "/target"]
      securityContext:
        {{- toYaml $v.securityContext | nindent 8 }}
      resources:
        {{- toYaml $v.entrypoint.resources | nindent 8 }}
      volumeMounts:
        - name: redis-ha
          mountPath: /target
        - name: tmp
          mountPath: /tmp
    # In the engine's image: says so in one line if the entrypoint can't run there, before anything is started.
    - name: check
      image: {{ include "redisha.engineImage" .root }}
      imagePullPolicy: {{ ternary $v.peers.image.pullPolicy $v.image.pullPolicy $peer }}
      command: ["/redis-ha/bin/redis-ha", "check"{{ if $peer }}, "peers"{{ end }}]
      securityContext:
        {{- toYaml $v.securityContext | nindent 8 }}
      resources:
        {{- toYaml $v.entrypoint.resources | nindent 8 }}
      volumeMounts:
        - name: redis-ha
          mountPath: /redis-ha
          readOnly: true
    {{- end }}
    {{- with $extra.extraInitContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  containers:
    {{- include "redisha.mainContainer" . | nindent 4 }}
    {{- if $beside }}
    {{- include "redisha.listContainer" (dict "root" .root "name" "watch" "stays" true) | nindent 4 }}
    {{- end }}
    {{- with $extra.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: {{ ternary "redis-ha" "peers" (empty $beside) }}
      emptyDir: {}
    # All that a pod is told is of its own revision: an upgrade that is refused, or stops half-way, changes nothing for a container that
    # restarts. Only how many pods there are to be is the release's, and read from its ConfigMap.
    - name: config
      projected:
        sources:
          - downwardAPI:
              items:
                - path: settings.yaml
                  fieldRef:
                    fieldPath: metadata.annotations['redis-ha/settings']
                {{- if not (or $peer $sentinel) }}
                - path: redis.conf
                  fieldRef:
                    fieldPath: metadata.annotations['redis-ha/redis.conf']
                {{- end }}
          - configMap:
              name: {{ include "redisha.fullname" .root }}
              items:
                - key: settings.yaml
                  path: release.yaml
    {{- if not $peer }}
    # Optional, so that a pod whose Secret is missing can say so, wait, and go on when it appears.
    - name: secret
      secret:
        secretName: {{ include "redisha.secretName" .root }}
        optional: true
        items:
          - key: {{ $v.auth.existingSecretPasswordKey | quote }}
            path: password
    {{- end }}
    - name: tmp
      emptyDir: {}
    {{- if not $peer }}
    # The server's configuration, with the password: in memory, not on the node's disk.
    - name: run
      emptyDir:
        medium: Memory
        sizeLimit: 16Mi
    {{- end }}
    {{- include "redisha.tokenVolume" . | nindent 4 }}
    {{- /* What a sentinel must not forget, the Lease and the other sentinels remember, too. */}}
    {{- if or $sentinel (and (not $v.persistence.enabled) (or (not $peer) $v.peers.dataPath)) }}
    - name: data
      emptyDir: {}
    {{- end }}
    {{- with $extra.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* The ServiceAccount's token, for the one container that mounts it: Kubernetes' own mount would give it to all. */}}
{{- define "redisha.tokenVolume" -}}
- name: token
  projected:
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: 3607
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                fieldPath: metadata.namespace
{{- end -}}
