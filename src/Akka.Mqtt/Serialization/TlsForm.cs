using System.Net.Security;
using System.Runtime.Serialization;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// The wire form of certificates and of the TLS settings of a client. A private key and a callback cannot be sent: the node that dials
/// must have them.
/// </summary>
internal static class TlsForm
{
    public static void Write(WireWriter to, TlsClientSettings? tls)
    {
        to.Bool(tls is not null);
        if (tls is null)
            return;
        if (tls.CertificateValidation is not null)
            throw Stays("CertificateValidation", "a callback cannot be serialized");
        if (tls.ClientCertificates is { Count: > 0 })
            throw Stays("ClientCertificates", "a private key stays on its node");
        to.Text(tls.TargetHost);
        to.Bool(tls.CheckRevocation);
        to.Int((int)tls.EnabledProtocols);
        to.Bool(tls.DangerousAcceptAnyCertificate);
        to.Bool(tls.TrustedAuthorities is not null);
        if (tls.TrustedAuthorities is { } authorities)
        {
            to.UInt((uint)authorities.Count);
            foreach (var authority in authorities)
                to.Bytes(authority.RawDataMemory.Span);
        }

        to.Bool(tls.ApplicationProtocols is not null);
        if (tls.ApplicationProtocols is { } protocols)
        {
            to.UInt((uint)protocols.Count);
            foreach (var protocol in protocols)
                to.Bytes(protocol.Protocol.Span);
        }
    }

    public static TlsClientSettings? Read(WireReader from)
    {
        if (!from.Bool())
            return null;
        return new TlsClientSettings
        {
            TargetHost = from.OptionalText(),
            CheckRevocation = from.Bool(),
            EnabledProtocols = (SslProtocols)from.Int(),
            DangerousAcceptAnyCertificate = from.Bool(),
            TrustedAuthorities = from.Bool() ? ReadAuthorities(from) : null,
            ApplicationProtocols = from.Bool() ? ReadProtocols(from) : null,
        };
    }

    /// <summary>The certificate of a peer: its DER bytes, without a private key.</summary>
    public static void Write(WireWriter to, X509Certificate2? certificate)
    {
        to.Bool(certificate is not null);
        if (certificate is not null)
            to.Bytes(certificate.RawDataMemory.Span);
    }

    public static X509Certificate2? ReadCertificate(WireReader from) =>
        from.Bool() ? X509CertificateLoader.LoadCertificate(from.Bytes().Span) : null;

    private static X509Certificate2Collection ReadAuthorities(WireReader from)
    {
        var authorities = new X509Certificate2Collection();
        for (var left = from.Count(); left > 0; left--)
            authorities.Add(X509CertificateLoader.LoadCertificate(from.Bytes().Span));
        return authorities;
    }

    private static SslApplicationProtocol[] ReadProtocols(WireReader from)
    {
        var protocols = new SslApplicationProtocol[from.Count()];
        for (var at = 0; at < protocols.Length; at++)
            protocols[at] = new SslApplicationProtocol(from.Bytes().ToArray());
        return protocols;
    }

    private static SerializationException Stays(string member, string reason) =>
        new($"TlsClientSettings.{member} of Mqtt.Connect cannot be sent to another node: {reason}. Send Mqtt.Connect on the node that dials.");
}
