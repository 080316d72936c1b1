{{/*
The pod of a hook or of the test: the entrypoint's image, as restricted as a member. Called with the root, the component, the
arguments, whether it needs the API server (token) or the password, and whether it is run where nothing may be there yet (early).
*/}}
{{- define "redisha.taskSpec" -}}
restartPolicy: Never
{{- if .token }}
serviceAccountName: {{ include "redisha.ensureSecretName" .root }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .root.Values.podSecurityContext | nindent 2 }}
{{- with include "redisha.imagePullSecrets" .root }}
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
    image: {{ include "redisha.entrypointImage" .root }}
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
      {{- if .token }}
      - name: token
        mountPath: /var/run/secrets/kubernetes.io/serviceaccount
        readOnly: true
      {{- end }}
volumes:
  {{- if not .token }}
  - name: config
    configMap:
      name: {{ include "redisha.fullname" .root }}
      {{- if .early }}
      optional: true
      {{- end }}
  {{- end }}
  {{- if .password }}
  - name: secret
    secret:
      secretName: {{ include "redisha.secretName" .root }}
      {{- if .early }}
      optional: true
      {{- end }}
      items:
        - key: {{ .root.Values.auth.existingSecretPasswordKey | quote }}
          path: password
  {{- end }}
  - name: tmp
    emptyDir: {}
  {{- if .token }}
  {{- include "redisha.tokenVolume" . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
Not empty: an API server was asked, by Helm or by what plays its part (Argo CD). A plain `helm template` asks none: what it prints is applied all
at once, where a hook would be an object like any other, and run beside the change that it belongs before or after.
*/}}
{{- define "redisha.hasHooks" -}}
{{- if .Capabilities.APIVersions.Has "v1/Pod" -}}true{{- end -}}
{{- end -}}

{{/* The Job of a form hook. Called with what the pod is called with. */}}
{{- define "redisha.formSpec" -}}
{{- $timeout := include "redisha.hookSeconds" .root | int -}}
# More tries, for a pod or a node that is lost; it only asks and waits. When it has said what is missing, another try would
# say the same, only later.
backoffLimit: 3
podFailurePolicy:
  rules:
    - action: FailJob
      onExitCodes:
        containerName: {{ .component }}
        operator: In
        values: [1, 2]
# A pod that found no node for so long must not start when nobody waits for it any more.
activeDeadlineSeconds: {{ add $timeout 60 }}
# A failed one stays to be looked at, but not for ever: Helm forgets hooks on uninstall.
ttlSecondsAfterFinished: 600
template:
  metadata:
    labels:
      {{- include "redisha.taskLabels" . | nindent 6 }}
    {{- include "redisha.annotations" (dict "root" .root) | nindent 4 }}
  spec:
    {{- include "redisha.taskSpec" . | nindent 4 }}
{{- end -}}

{{/* How long a hook waits. */}}
{{- define "redisha.hookSeconds" -}}
{{- $timeout := .Values.hooks.timeout -}}
{{- mul (regexFind "[0-9]+" $timeout | int64) (ternary 60 1 (hasSuffix "m" $timeout)) -}}
{{- end -}}

{{/*
Hook annotations of the objects that make the Secret. They are gone when it is made: nothing keeps the right to read it.
Called with the root and a weight; the pod comes last.
*/}}
{{- define "redisha.ensureSecretAnnotations" -}}
{{- $hook := dict
      "helm.sh/hook" "pre-install,pre-upgrade"
      "helm.sh/hook-weight" .weight
      "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded"
      "helm.sh/hook-output-log-policy" "hook-failed" -}}
{{- include "redisha.annotations" (dict "root" .root "own" $hook) -}}
{{- end -}}
