namespace Akka.Mqtt;

/// <summary>TLS on the client side.</summary>
public sealed record TlsClientSettings;
