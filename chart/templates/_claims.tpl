{{/* The volumeClaimTemplates of the members, or nothing without volumes. */}}
{{- define "redisha.claimTemplates" -}}
{{- with .Values.persistence -}}
{{- if and .enabled (or (not (include "redisha.isPeers" $)) $.Values.peers.dataPath) -}}
- metadata:
    name: data
    # Only labels that never change: Kubernetes refuses a change here.
    labels:
      {{- include "redisha.selectorLabels" $ | nindent 6 }}
      {{- with .labels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with .annotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    accessModes:
      {{- toYaml .accessModes | nindent 6 }}
    {{- if eq "-" .storageClass }}
    storageClassName: ""
    {{- else if .storageClass }}
    storageClassName: {{ .storageClass }}
    {{- end }}
    {{- with .selector }}
    selector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    resources:
      requests:
        storage: {{ .size }}
{{- end -}}
{{- end -}}
{{- end -}}
