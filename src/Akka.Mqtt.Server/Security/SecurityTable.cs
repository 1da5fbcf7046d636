using System.Collections.Frozen;

namespace Akka.Mqtt.Server.Security;

/// <summary>The rules of all listeners. Every connection reads them; <see cref="Reload"/> replaces them as a whole. Thread safe.</summary>
internal sealed class SecurityTable
{
    private readonly MqttServerSettings _settings;
    private readonly MqttServerHooks _hooks;
    private readonly LoginQueue _logins;
    private volatile FrozenDictionary<string, SecurityRules> _rules;

    /// <summary>Reads all files.</summary>
    /// <exception cref="Configuration.ConfigurationException">A file is invalid; the message names key, file and line.</exception>
    public SecurityTable(MqttServerSettings settings, MqttServerHooks hooks)
    {
        _settings = settings;
        _hooks = hooks;
        _logins = LoginQueue.Of(settings.Limits);
        _rules = Load();
    }

    /// <summary>The rules of a listener; those of <c>listener-defaults</c> for a connection without a listener.</summary>
    public SecurityRules Of(string listener)
    {
        var rules = _rules;
        return rules.TryGetValue(listener, out var own) ? own : rules[""];
    }

    /// <summary>Reads all files again. If one is invalid, nothing changes.</summary>
    /// <exception cref="Configuration.ConfigurationException">A file is invalid; the message names key, file and line.</exception>
    public void Reload() => _rules = Load();

    private FrozenDictionary<string, SecurityRules> Load()
    {
        var rules = new Dictionary<string, SecurityRules>(StringComparer.Ordinal)
        {
            [""] = SecurityRules.Load("", _settings.DefaultSecurity, _settings, _hooks, _logins),
        };
        foreach (var listener in _settings.Listeners)
            rules[listener.Name] = SecurityRules.Load(listener.Name, listener.Security, _settings, _hooks, _logins);
        rules[SecurityRules.OwnClients] = SecurityRules.Trusted;
        return rules.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
