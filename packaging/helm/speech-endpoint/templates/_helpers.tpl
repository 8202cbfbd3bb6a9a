{{/* The name of everything in a release. */}}
{{- define "speech-endpoint.name" -}}
{{- printf "%s-speech-endpoint" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "speech-endpoint.labels" -}}
app.kubernetes.io/name: speech-endpoint
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .Values.mode }}
{{- end -}}

{{/* A pod of the doctor. The context has the chart as `root`, and the arguments of the doctor as `arguments`. */}}
{{- define "speech-endpoint.pod" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "speech-endpoint.name" .root }}
automountServiceAccountToken: false
{{- with .restart }}
restartPolicy: {{ . }}
{{- end }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if eq $values.mode "survey" }}
# Each pod on a node of its own.
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "speech-endpoint.labels" .root | nindent 12 }}
{{- end }}
containers:
  - name: doctor
    image: "{{ $values.image.repository }}:{{ $values.image.tag | default .root.Chart.AppVersion }}"
    imagePullPolicy: {{ $values.image.pullPolicy }}
    args:
      {{- toYaml (concat .arguments $values.options) | nindent 6 }}
    env:
      {{- if $values.endpoint }}
      - name: SPEECH_ENDPOINT
        value: {{ $values.endpoint | quote }}
      {{- else }}
      - name: SPEECH_REGION
        value: {{ required "set region or endpoint" $values.region | quote }}
      {{- end }}
      {{- with $values.existingSecret }}
      - name: SPEECH_KEY
        valueFrom:
          secretKeyRef:
            name: {{ . }}
            key: SPEECH_KEY
      {{- end }}
    {{- if eq $values.mode "watch" }}
    ports:
      - name: metrics
        containerPort: {{ $values.watch.port }}
    readinessProbe:
      httpGet:
        path: /healthz
        port: metrics
    {{- end }}
    resources:
      {{- toYaml $values.resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
{{- end -}}
