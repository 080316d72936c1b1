{{/* Pods of other namespaces that are let in, or nothing. */}}
{{- define "redis-ha.networkPolicyPeer" -}}
{{- if or .ingressNSMatchLabels .ingressNSPodMatchLabels -}}
- namespaceSelector:
    matchLabels:
      {{- toYaml .ingressNSMatchLabels | nindent 6 }}
  {{- with .ingressNSPodMatchLabels }}
  podSelector:
    matchLabels:
      {{- toYaml . | nindent 6 }}
  {{- end }}
{{- end -}}
{{- end -}}
