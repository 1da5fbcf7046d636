namespace Akka.Mqtt.Server;

/// <summary>Which part of a TLS client certificate is the user name.</summary>
public enum CertificateIdentity
{
    /// <summary>None: user names are taken from CONNECT.</summary>
    Off = 0,

    /// <summary>The Common Name of the subject. A client without a certificate, or without a Common Name in it, is refused.</summary>
    CommonName = 1,

    /// <summary>The whole subject as in RFC 2253: <c>CN=device 7,OU=Plant,O=Example,C=DE</c>.</summary>
    Subject = 2,
}
