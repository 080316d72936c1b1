{{/* Pods of other namespaces that are let in, or nothing. */}}
{{- define "redisha.networkPolicyPeer" -}}
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

{{/* Who reaches a pod. Called with the root and the pod's component. */}}
{{- define "redisha.networkPolicySpec" -}}
{{- $v := .root.Values -}}
{{- $peer := eq .component "peer" -}}
{{- $ports := include "redisha.portsOf" . | fromJsonArray -}}
{{- /* A peer's ports may have any name but http: member or bus would be the program's own. */ -}}
{{- $own := ternary (list "http") (list "http" "member" "bus") $peer -}}
podSelector:
  matchLabels:
    {{- include "redisha.selectorLabelsOf" . | nindent 4 }}
policyTypes: ["Ingress"]
ingress:
  # The members, the hook Job and the test; nobody else reaches the member port.
  - from:
      - podSelector:
          matchLabels:
            {{- include "redisha.releaseLabels" .root | nindent 12 }}
    {{- /* What peers say to each other, and where, is the program's. */}}
    {{- if not $peer }}
    ports:
      {{- range $ports }}
      {{- if ne .name "bus" }}
      - port: {{ .name }}
      {{- end }}
      {{- end }}
    {{- end }}
  {{- if include "redisha.isCluster" .root }}
  # Who reaches the bus is a node of the cluster: it asks for no password. With addresses for clients outside, a replica
  # also calls its master at the announced port, which is only known when the pods run.
  - from:
      - podSelector:
          matchLabels:
            {{- include "redisha.selectorLabelsOf" . | nindent 12 }}
    {{- if not $v.cluster.external.enabled }}
    ports:
      - port: bus
    {{- end }}
  {{- end }}
  # Clients.
  - ports:
      {{- range $ports }}
      {{- if not (has .name $own) }}
      - port: {{ .name }}
        {{- with .protocol }}
        protocol: {{ . }}
        {{- end }}
      {{- end }}
      {{- end }}
    {{- with $v.networkPolicy }}
    {{- if not .allowExternal }}
    from:
      - podSelector:
          matchLabels:
            {{ include "redisha.fullname" $.root }}-client: "true"
      {{- include "redisha.networkPolicyPeer" . | nindent 6 }}
    {{- end }}
    {{- end }}
  {{- /* Prometheus. The kubelet needs no rule: a pod's own node is always let in. */}}
  {{- with $v.networkPolicy.metrics }}
  {{- $from := include "redisha.networkPolicyPeer" . }}
  {{- if .allowExternal }}
  - ports:
      - port: http
  {{- else if $from }}
  - ports:
      - port: http
    from:
      {{- $from | nindent 6 }}
  {{- end }}
  {{- end }}
  {{- with $v.networkPolicy.extraIngress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
