{{/* The member's pod. Included by statefulset.yaml only. */}}
{{- define "redis-ha.pod" -}}
metadata:
  labels:
    {{- include "redis-ha.podLabels" . | nindent 4 }}
  {{- $own := merge (dict "checksum/config" (include "redis-ha.checksum" .)) (default dict .Values.podAnnotations) }}
  {{- include "redis-ha.annotations" (dict "root" . "own" $own) | nindent 2 }}
spec:
  serviceAccountName: {{ include "redis-ha.serviceAccountName" . }}
  # Only the redis container talks to the API server: the token is a volume that only it mounts.
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "redis-ha.gracePeriodSeconds" . }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with include "redis-ha.imagePullSecrets" . }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if kindIs "invalid" .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "redis-ha.selectorLabels" . | nindent 10 }}
  {{- else }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  initContainers:
    - name: install
      image: {{ include "redis-ha.entrypointImage" . }}
      imagePullPolicy: {{ .Values.entrypoint.image.pullPolicy }}
      args: ["install", "/target"]
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      resources:
        {{- toYaml .Values.entrypoint.resources | nindent 8 }}
      volumeMounts:
        - name: redis-ha
          mountPath: /target
        - name: tmp
          mountPath: /tmp
    # In the engine's image: says so in one line if the entrypoint can't run there, before anything is started.
    - name: check
      image: {{ include "redis-ha.engineImage" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: ["/redis-ha/bin/redis-ha", "check"]
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      resources:
        {{- toYaml .Values.entrypoint.resources | nindent 8 }}
      volumeMounts:
        - name: redis-ha
          mountPath: /redis-ha
          readOnly: true
    {{- with .Values.extraInitContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  containers:
    - name: redis
      image: {{ include "redis-ha.engineImage" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: ["/redis-ha/bin/redis-ha", "run"]
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      env:
        - name: PATH
          value: /redis-ha/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
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
        {{- if include "redis-ha.isCluster" . }}
        - name: HOST_IP
          valueFrom:
            fieldRef:
              fieldPath: status.hostIP
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: redis
          containerPort: {{ .Values.containerPorts.redis }}
        - name: http
          containerPort: {{ .Values.containerPorts.http }}
        - name: member
          containerPort: {{ .Values.containerPorts.member }}
        {{- if include "redis-ha.isCluster" . }}
        - name: bus
          containerPort: {{ .Values.containerPorts.bus }}
        {{- end }}
      livenessProbe:
        httpGet:
          path: /livez
          port: http
        {{- toYaml .Values.livenessProbe | nindent 8 }}
      readinessProbe:
        httpGet:
          path: /readyz
          port: http
        {{- toYaml .Values.readinessProbe | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - name: redis-ha
          mountPath: /redis-ha
          readOnly: true
        - name: config
          mountPath: /etc/redis-ha
          readOnly: true
        - name: secret
          mountPath: /etc/redis-ha-secret
          readOnly: true
        - name: data
          mountPath: /data
        - name: run
          mountPath: /run/redis-ha
        - name: tmp
          mountPath: /tmp
        - name: token
          mountPath: /var/run/secrets/kubernetes.io/serviceaccount
          readOnly: true
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: redis-ha
      emptyDir: {}
    - name: config
      configMap:
        name: {{ include "redis-ha.fullname" . }}
    # Optional, so that a pod whose Secret is missing can say so, wait, and go on when it appears.
    - name: secret
      secret:
        secretName: {{ include "redis-ha.secretName" . }}
        optional: true
        items:
          - key: {{ .Values.auth.existingSecretPasswordKey | quote }}
            path: password
    - name: tmp
      emptyDir: {}
    # The server's configuration, with the password: in memory, not on the node's disk.
    - name: run
      emptyDir:
        medium: Memory
        sizeLimit: 16Mi
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
    {{- if not .Values.persistence.enabled }}
    - name: data
      emptyDir: {}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
