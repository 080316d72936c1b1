{{/*
The registry that a name begins with, as container runtimes know it, or nothing: a first part with a dot or a port, or localhost.
*/}}
{{- define "redisha.registryOf" -}}
{{- regexFind "^([^/]*[.:][^/]*|localhost)/" . | trimSuffix "/" -}}
{{- end -}}

{{/*
An image's full name. Called with the root and the image's values. A repository that begins with a registry is the whole name; the
global registry replaces that one, too, as a mirror does. A digest says more than a tag.
*/}}
{{- define "redisha.imageName" -}}
{{- $named := include "redisha.registryOf" .image.repository -}}
{{- $registry := coalesce .root.Values.global.imageRegistry $named .image.registry -}}
{{- $name := trimPrefix (print $named "/") .image.repository -}}
{{- with $registry }}{{ $name = printf "%s/%s" . $name }}{{ end -}}
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
