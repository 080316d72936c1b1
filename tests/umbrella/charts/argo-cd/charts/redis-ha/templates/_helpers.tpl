{{/* Template names that both charts had. Each gives what only this chart would say. */}}
{{- define "redis-ha.name" -}}
theirs-name-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.fullname" -}}
theirs-fullname-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.chart" -}}
theirs-chart-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.labels" -}}
app: theirs-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.selectorLabels" -}}
app: theirs-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.serviceAccountName" -}}
theirs-serviceaccountname-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.masterName" -}}
theirs-mastername-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.headlessName" -}}
theirs-headlessname-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.sentinelName" -}}
theirs-sentinelname-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.secretName" -}}
theirs-secretname-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.imageName" -}}
theirs-imagename-{{ .Release.Name }}
{{- end -}}
{{- define "redis-ha.annotations" -}}
annotations: {of: theirs}
{{- end -}}
{{- define "redis-ha.podLabels" -}}
app: theirs-{{ .Release.Name }}
{{- end -}}
