{{/* What the Services for clients have in common. Called with the values of one of them. */}}
{{- define "redis-ha.clientServiceSpec" -}}
type: {{ .type }}
{{- with .clusterIP }}
clusterIP: {{ . }}
{{- end }}
{{- with .loadBalancerIP }}
loadBalancerIP: {{ . }}
{{- end }}
{{- with .loadBalancerClass }}
loadBalancerClass: {{ . }}
{{- end }}
{{- with .loadBalancerSourceRanges }}
loadBalancerSourceRanges:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .externalTrafficPolicy }}
externalTrafficPolicy: {{ . }}
{{- end }}
ports:
  - name: redis
    port: {{ .port }}
    targetPort: redis
    {{- with .nodePort }}
    nodePort: {{ . }}
    {{- end }}
{{- end -}}
