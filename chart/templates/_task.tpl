{{/*
The pod of a hook or of the test: the entrypoint's image, as restricted as a member. Called with the root, the component, the
arguments and whether it needs the API server.
*/}}
{{- define "redis-ha.taskSpec" -}}
restartPolicy: Never
{{- if .token }}
serviceAccountName: {{ include "redis-ha.ensureSecretName" .root }}
{{- end }}
automountServiceAccountToken: {{ .token }}
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with include "redis-ha.imagePullSecrets" .root }}
{{ . }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
containers:
  - name: {{ .component }}
    image: {{ include "redis-ha.entrypointImage" .root }}
    imagePullPolicy: {{ .root.Values.entrypoint.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      - name: POD_NAMESPACE
        valueFrom:
          fieldRef:
            fieldPath: metadata.namespace
    securityContext:
      {{- toYaml .root.Values.securityContext | nindent 6 }}
    resources:
      {{- toYaml .root.Values.entrypoint.resources | nindent 6 }}
    volumeMounts:
      {{- if not .token }}
      - name: config
        mountPath: /etc/redis-ha
        readOnly: true
      {{- end }}
      {{- if .password }}
      - name: secret
        mountPath: /etc/redis-ha-secret
        readOnly: true
      {{- end }}
      - name: tmp
        mountPath: /tmp
volumes:
  {{- if not .token }}
  - name: config
    configMap:
      name: {{ include "redis-ha.fullname" .root }}
  {{- end }}
  {{- if .password }}
  - name: secret
    secret:
      secretName: {{ include "redis-ha.secretName" .root }}
      items:
        - key: {{ .root.Values.auth.existingSecretPasswordKey | quote }}
          path: password
  {{- end }}
  - name: tmp
    emptyDir: {}
{{- end -}}

{{/*
Hook annotations of the objects that make the Secret. They are gone when it is made: nothing keeps the right to read it.
Called with the root and a weight; the pod comes last.
*/}}
{{- define "redis-ha.ensureSecretAnnotations" -}}
{{- $hook := dict
      "helm.sh/hook" "pre-install,pre-upgrade"
      "helm.sh/hook-weight" .weight
      "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded"
      "helm.sh/hook-output-log-policy" "hook-failed" -}}
{{- include "redis-ha.annotations" (dict "root" .root "own" $hook) -}}
{{- end -}}
