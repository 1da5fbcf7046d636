using System.Collections.Frozen;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Server.Security;

/// <summary>The rules of one listener, as of the last read of its files. Immutable; thread safe.</summary>
internal sealed record SecurityRules(
    IAuthenticator Authenticator,
    IAuthorizer? Authorizer,
    FrozenDictionary<string, IEnhancedAuthenticator> Enhanced,
    RevocationList? Revoked,
    ListenerSecurity Listener)
{
    /// <summary>
    /// The listener name of clients of this process, and the user name that owns their sessions. No other client may have this user name.
    /// </summary>
    public const string OwnClients = "$in-process";

    /// <summary>The rules of the server's own clients, such as those of bridges: they may do everything.</summary>
    public static SecurityRules Trusted { get; } =
        new(new TrustingAuthenticator(), null, FrozenDictionary<string, IEnhancedAuthenticator>.Empty, null, new ListenerSecurity());

    /// <summary>
    /// Whether a client that was accepted before would still be accepted. The authenticator runs on the thread of the caller and is
    /// measured.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="method">Its authentication method, or null.</param>
    /// <param name="transport">The transport of its connection.</param>
    /// <param name="watch">Warns when the authenticator is slow.</param>
    /// <param name="log">The log for an exception of the authenticator, which counts as false.</param>
    public bool MayStay(ClientIdentity client, string? method, TransportInfo transport, HookWatch watch, ILoggingAdapter log)
    {
        if (transport.PeerCertificate is { } certificate && Revoked?.IsRevoked(certificate) == true)
            return false;
        var enhanced = method is null ? null : Enhanced.GetValueOrDefault(method);
        if (method is not null && enhanced is null)
            return false;
        var began = watch.Begin();
        try
        {
            return enhanced?.MayStay(client) ?? Authenticator.MayStay(client);
        }
        catch (Exception error) // user code: an exception counts as false
        {
            log.Error(error, "The authenticator failed when it checked whether {Client} may stay: the client is disconnected.", client);
            return false;
        }
        finally
        {
            watch.End(began, (object?)enhanced ?? Authenticator, log);
        }
    }

    /// <summary>Reads the files of a listener.</summary>
    /// <exception cref="ConfigurationException">A file cannot be read or is invalid; the message names key, file and line.</exception>
    public static SecurityRules Load(
        string listener, ListenerSecurity security, MqttServerSettings settings, MqttServerHooks hooks, LoginQueue logins)
    {
        var authorityFile = settings.Listeners.FirstOrDefault(each => each.Name == listener)?.ClientAuthorityFile;
        var authorities = security.RevocationFile is null ? null : Read(listener, "client-ca-file", authorityFile, SecurityFile.ReadCertificates);
        var passwords = Read(listener, "password-file", security.PasswordFile, PasswordFile.Load);
        var acl = Read(listener, "acl-file", security.AclFile, file => AclFile.Load(file, security.AclMode));
        var scram = Read(listener, "scram-file", security.ScramFile, ScramAuthenticator.Load);
        var revoked = Read(listener, "crl-file", security.RevocationFile, file => RevocationList.Load(file, authorities));
        var enhanced = new Dictionary<string, IEnhancedAuthenticator>(StringComparer.Ordinal);
        if (scram is not null)
            enhanced.Add(scram.Method, scram);
        foreach (var each in hooks.EnhancedAuthenticators)
            enhanced[each.Method] = each;
        return new SecurityRules(
            hooks.Authenticator ?? new FileAuthenticator(security, security.AllowAnonymous ?? settings.AllowAnonymous, passwords, logins),
            hooks.Authorizer ?? acl,
            enhanced.ToFrozenDictionary(StringComparer.Ordinal),
            revoked,
            security);
    }

    private sealed class TrustingAuthenticator : IAuthenticator
    {
        public ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationContext context, CancellationToken cancellationToken) =>
            new(AuthenticationResult.Accepted());
    }

    private static T? Read<T>(string listener, string key, string? file, Func<string, T> load)
        where T : class
    {
        if (file is null)
            return null;
        try
        {
            return load(file);
        }
        catch (ConfigurationException error)
        {
            var section = listener.Length == 0 ? "listener-defaults" : $"listeners.{listener}";
            throw new ConfigurationException($"{section}.{key}: {error.Message}", error);
        }
    }
}
