{{/* An image's full name. Called with the root and the image's values. A digest says more than a tag. */}}
{{- define "redisha.imageName" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
{{- $name := ternary (printf "%s/%s" $registry .image.repository) .image.repository (not (empty $registry)) -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
{{- end -}}

{{/* What the members run: a server, or the program of the peers. */}}
{{- define "redisha.engineImage" -}}
{{- $image := ternary .Values.peers.image .Values.image (not (empty (include "redisha.isPeers" .))) -}}
{{- include "redisha.imageName" (dict "root" . "image" $image) -}}
{{- end -}}

{{- define "redisha.entrypointImage" -}}
{{- include "redisha.imageName" (dict "root" . "image" .Values.entrypoint.image) -}}
{{- end -}}

{{/* The imagePullSecrets block, or nothing. */}}
{{- define "redisha.imagePullSecrets" -}}
{{- with concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets | uniq -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ kindIs "map" . | ternary . (dict "name" .) | dig "name" "" }}
  {{- end }}
{{- end -}}
{{- end -}}
