{{/* What the Services for clients have in common. Called with the values of one of them. */}}
{{- define "redis-ha.clientServiceSpec" -}}
type: {{ .type }}
{{- /* "None" says something of type ClusterIP only: the default of one Service must not stand in the way of another type. */}}
{{- if and .clusterIP (or (ne .clusterIP "None") (eq .type "ClusterIP")) }}
clusterIP: {{ .clusterIP }}
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
