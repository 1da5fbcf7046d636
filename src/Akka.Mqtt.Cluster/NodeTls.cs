using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport.DotNetty;

namespace Akka.Mqtt.Cluster;

/// <summary>
/// TLS between nodes: each node has a certificate of one authority, and refuses other certificates. Use an authority for these nodes only,
/// because with each of its certificates a program can become a node.
/// <code>
/// var setup = BootstrapSetup.Create().WithConfig(NodeTls.Config.WithFallback(config)).And(NodeTls.FromPemFiles("node.crt", "node.key", "nodes-ca.crt"));
/// var system = ActorSystem.Create("app", setup);
/// </code>
/// </summary>
public static class NodeTls
{
    /// <summary>Turns on TLS in Akka.Remote. With TLS all messages between nodes use Akka.Remote.</summary>
    public static Config Config { get; } = ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp.enable-ssl = on");

    /// <summary>Makes the setup of Akka.Remote from PEM files, which are read once.</summary>
    /// <param name="certificateFile">The certificate of this node, followed by intermediate certificates.</param>
    /// <param name="keyFile">Its private key.</param>
    /// <param name="authorityFile">The authorities whose certificates are accepted from nodes.</param>
    /// <returns>The setup, for <see cref="Akka.Actor.ActorSystem.Create(string, Akka.Actor.Setup.ActorSystemSetup)"/>.</returns>
    /// <exception cref="ArgumentException">A file cannot be read, or contains something else; the message names the file.</exception>
    public static DotNettySslSetup FromPemFiles(string certificateFile, string keyFile, string authorityFile)
    {
        var files = TlsServerSettings.FromPemFiles(certificateFile, keyFile, authorityFile);
        var (authorities, intermediates) = (files.ClientAuthorities!, files.Intermediates);
        return new DotNettySslSetup(
            files.Certificate!,
            suppressValidation: false,
            requireMutualAuthentication: true,
            customValidator: (certificate, received, peer, _, log) => IsNode(certificate, received, authorities, intermediates, $"{peer}", log));
    }

    private static bool IsNode(
        X509Certificate2? certificate, X509Chain? received, X509Certificate2Collection authorities, X509Certificate2Collection? intermediates, string peer, ILoggingAdapter log)
    {
        if (certificate is null)
        {
            log.Warning("TLS between nodes: {Peer} is refused, because it has no certificate", peer);
            return false;
        }
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (intermediates is not null)
            chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        foreach (var each in received?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
            chain.ChainPolicy.ExtraStore.Add(each.Certificate);
        if (chain.Build(certificate))
            return true;
        log.Warning(
            "TLS between nodes: {Peer} is refused, because its certificate, {Subject}, is not of an authority of the nodes: {Problems}",
            peer, certificate.Subject, string.Join(' ', chain.ChainStatus.Select(static each => each.StatusInformation.Trim())));
        return false;
    }
}
