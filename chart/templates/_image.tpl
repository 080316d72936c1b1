{{/* An image's full name. Called with the root and the image's values. A digest says more than a tag. */}}
{{- define "redis-ha.imageName" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
{{- $name := ternary (printf "%s/%s" $registry .image.repository) .image.repository (not (empty $registry)) -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "redis-ha.engineImage" -}}
{{- include "redis-ha.imageName" (dict "root" . "image" .Values.image) -}}
{{- end -}}

{{- define "redis-ha.entrypointImage" -}}
{{- include "redis-ha.imageName" (dict "root" . "image" .Values.entrypoint.image) -}}
{{- end -}}

{{/* The imagePullSecrets block, or nothing. */}}
{{- define "redis-ha.imagePullSecrets" -}}
{{- with concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets | uniq -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ kindIs "map" . | ternary . (dict "name" .) | dig "name" "" }}
  {{- end }}
{{- end -}}
{{- end -}}
