namespace Akka.Mqtt.Server;

/// <summary>What of a TLS client certificate is the user name.</summary>
public enum CertificateIdentity
{
    /// <summary>Nothing: user names come from CONNECT.</summary>
    Off = 0,

    /// <summary>The Common Name of the subject; a client whose certificate has none, or that has none, is refused.</summary>
    CommonName = 1,

    /// <summary>The whole subject as in RFC 2253: <c>CN=device 7,OU=Plant,O=Example,C=DE</c>.</summary>
    Subject = 2,
}
