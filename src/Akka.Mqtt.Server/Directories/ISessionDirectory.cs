using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// Knows which holder has the session of a key. Each claim gets an epoch that is higher than all before, also after a restart and on
/// another node. A message with a lower epoch is from a holder that has lost the session. Of two claims for one key the later one gets the
/// session [MQTT-3.1.4-3 v5]. Thread safe.
/// </summary>
/// <typeparam name="THolder">The holder: an actor in one process, a node in a cluster.</typeparam>
internal interface ISessionDirectory<THolder>
    where THolder : class
{
    /// <summary>
    /// Claims a session; the previous holder loses it. In memory this completes at once; a cluster asks the node that is responsible for
    /// the key.
    /// </summary>
    /// <param name="key">The key of the session.</param>
    /// <param name="holder">The holder that claims it.</param>
    /// <param name="cancel">Cancels the wait of the caller.</param>
    /// <returns>The epoch, and the previous holder.</returns>
    ValueTask<Claim<THolder>> ClaimAsync(SessionKey key, THolder holder, CancellationToken cancel = default);

    /// <summary>Gives a session back, unless it has been claimed since.</summary>
    /// <param name="key">The key of the session.</param>
    /// <param name="epoch">The epoch of the claim.</param>
    /// <returns>True when it was given back; false when it has been claimed since, and nothing changes.</returns>
    ValueTask<bool> ReleaseAsync(SessionKey key, long epoch);

    /// <summary>The holder of a session, as far as this process knows.</summary>
    /// <param name="key">The key of the session.</param>
    /// <returns>The holder; null for none.</returns>
    THolder? Find(SessionKey key);
}

/// <summary>A claim that was granted.</summary>
/// <typeparam name="THolder">The holder.</typeparam>
/// <param name="Epoch">The epoch.</param>
/// <param name="Before">The previous holder; null for none.</param>
internal readonly record struct Claim<THolder>(long Epoch, THolder? Before)
    where THolder : class;
