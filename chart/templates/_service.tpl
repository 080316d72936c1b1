{{/*
What the Services for clients have in common. Called with the values of one of them, and with its ports (name, port, protocol), or its
only one's name: redis unless told.
*/}}
{{- define "redisha.clientServiceSpec" -}}
type: {{ .type }}
{{- /* "None" says something of type ClusterIP only: the default of one Service must not stand in the way of another type. */}}
{{- if and .clusterIP (or (ne .clusterIP "None") (eq .type "ClusterIP")) }}
clusterIP: {{ .clusterIP }}
{{- end }}
{{- with .loadBalancerIP }}
loadBalancerIP: {{ . }}
{{- end }}
{{- /* What Kubernetes refuses with another type: it would do so when hooks have run. */}}
{{- if eq .type "LoadBalancer" }}
{{- with .loadBalancerClass }}
loadBalancerClass: {{ . }}
{{- end }}
{{- with .loadBalancerSourceRanges }}
loadBalancerSourceRanges:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- if ne .type "ClusterIP" }}
{{- with .externalTrafficPolicy }}
externalTrafficPolicy: {{ . }}
{{- end }}
{{- end }}
ports:
  {{- $portName := default "redis" .portName }}
  {{- range default (list (dict "name" $portName "port" .port "nodePort" .nodePort)) .ports }}
  - name: {{ .name }}
    port: {{ .port }}
    targetPort: {{ .name }}
    {{- with .protocol }}
    protocol: {{ . }}
    {{- end }}
    {{- with .nodePort }}
    nodePort: {{ . }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
Of the Service that knows each pod by its name, ready or not. Called with the root, a component, and the annotations that the user wants.
*/}}
{{- define "redisha.headlessAnnotations" -}}
{{- $v := .root.Values -}}
{{- $scrape := dict -}}
{{- if $v.metrics.enabled -}}
{{- $defaults := dict "prometheus.io/scrape" "true" "prometheus.io/path" "/metrics" "prometheus.io/port" (toString $v.containerPorts.http) -}}
{{- $scrape = merge (dict) (default dict $v.metrics.service.annotations) $defaults -}}
{{- end -}}
{{- include "redisha.annotations" (dict "root" .root "own" (merge (dict) (default dict .annotations) $scrape)) -}}
{{- end -}}

{{- define "redisha.headlessSpec" -}}
type: ClusterIP
clusterIP: None
# The members must find each other before any of them is ready.
publishNotReadyAddresses: true
ports:
  {{- range include "redisha.portsOf" . | fromJsonArray }}
  - name: {{ .name }}
    port: {{ .port }}
    targetPort: {{ .name }}
    {{- with .protocol }}
    protocol: {{ . }}
    {{- end }}
  {{- end }}
selector:
  {{- include "redisha.selectorLabelsOf" . | nindent 2 }}
{{- end -}}
