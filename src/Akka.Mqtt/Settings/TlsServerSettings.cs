namespace Akka.Mqtt;

/// <summary>TLS on the server side.</summary>
public sealed record TlsServerSettings;
