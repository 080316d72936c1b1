{{/* Who a pod is, for the entrypoint. */}}
{{- define "redisha.identityEnv" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_UID
  valueFrom:
    fieldRef:
      fieldPath: metadata.uid
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end -}}

{{- define "redisha.probes" -}}
livenessProbe:
  httpGet:
    path: /livez
    port: http
  {{- toYaml .Values.livenessProbe | nindent 2 }}
readinessProbe:
  httpGet:
    path: /readyz
    port: http
  {{- toYaml .Values.readinessProbe | nindent 2 }}
{{- end -}}

{{/* A port of a container. */}}
{{- define "redisha.containerPort" -}}
- name: {{ .name }}
  containerPort: {{ .port }}
  {{- with .protocol }}
  protocol: {{ . }}
  {{- end }}
{{- end -}}

{{/* The image's program, and our entrypoint before it: what a pod is for. Called with the root and a component. */}}
{{- define "redisha.mainContainer" -}}
{{- $v := .root.Values -}}
{{- $sentinel := eq .component "sentinel" -}}
{{- $peer := eq .component "peer" -}}
{{- $beside := include "redisha.isBeside" .root -}}
{{- $extra := ternary dict $v $sentinel -}}
- name: {{ .component }}
  image: {{ include "redisha.engineImage" .root }}
  imagePullPolicy: {{ ternary $v.peers.image.pullPolicy $v.image.pullPolicy $peer }}
  {{- if not $beside }}
  command: ["/redis-ha/bin/redis-ha", "run"]
  {{- else }}
  {{- with $v.peers.command }}
  command:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  securityContext:
    {{- toYaml $v.securityContext | nindent 4 }}
  {{- if or (not $beside) $extra.extraEnv }}
  env:
    {{- if not $beside }}
    {{- /* The program of a peer may be where only its image's PATH leads. */}}
    {{- if not $peer }}
    - name: PATH
      value: /redis-ha/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    {{- end }}
    {{- include "redisha.identityEnv" .root | nindent 4 }}
    {{- end }}
    {{- if include "redisha.isCluster" .root }}
    - name: HOST_IP
      valueFrom:
        fieldRef:
          fieldPath: status.hostIP
    {{- end }}
    {{- with $extra.extraEnv }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  ports:
    {{- range include "redisha.portsOf" . | fromJsonArray }}
    {{- if not (and $beside (eq .name "http")) }}
    {{- include "redisha.containerPort" . | nindent 4 }}
    {{- end }}
    {{- end }}
  {{- if not $beside }}
  {{- include "redisha.probes" .root | nindent 2 }}
  {{- end }}
  resources:
    {{- toYaml (ternary $v.sentinel.resources $v.resources $sentinel) | nindent 4 }}
  volumeMounts:
    {{- if $beside }}
    - name: peers
      mountPath: /peers
      readOnly: true
    {{- else }}
    - name: redis-ha
      mountPath: /redis-ha
      readOnly: true
    - name: config
      mountPath: /etc/redis-ha
      readOnly: true
    {{- end }}
    {{- if not $peer }}
    - name: secret
      mountPath: /etc/redis-ha-secret
      readOnly: true
    - name: data
      mountPath: /data
    - name: run
      mountPath: /run/redis-ha
    {{- else if $v.peers.dataPath }}
    - name: data
      mountPath: {{ $v.peers.dataPath }}
    {{- end }}
    - name: tmp
      mountPath: /tmp
    {{- if not $beside }}
    - name: token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
    {{- end }}
    {{- with $extra.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/*
Where process 1 is not ours: a container of our image that writes down who the peers are. Called with the root, a name, and whether it
stays (stays), to keep the list at the present and to answer the probes.
*/}}
{{- define "redisha.listContainer" -}}
{{- $v := .root.Values -}}
- name: {{ .name }}
  image: {{ include "redisha.entrypointImage" .root }}
  imagePullPolicy: {{ $v.entrypoint.image.pullPolicy }}
  args: {{ concat (list "peers" "--write" "/peers") (ternary (list "--watch") list .stays) | toJson }}
  env:
    {{- include "redisha.identityEnv" .root | nindent 4 }}
  {{- if .stays }}
  ports:
    - name: http
      containerPort: {{ $v.containerPorts.http }}
  {{- include "redisha.probes" .root | nindent 2 }}
  {{- end }}
  securityContext:
    {{- toYaml $v.securityContext | nindent 4 }}
  resources:
    {{- toYaml $v.entrypoint.resources | nindent 4 }}
  volumeMounts:
    - name: config
      mountPath: /etc/redis-ha
      readOnly: true
    - name: peers
      mountPath: /peers
    - name: tmp
      mountPath: /tmp
    - name: token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
{{- end -}}
