using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// Who holds the session of a key. Each claim gets an epoch that is higher than all before, also after a restart and on another node: what carries a
/// lower one comes from somebody that has lost the session. Of two claims for one key the later one gets the session [MQTT-3.1.4-3 v5]. Thread
/// safe.
/// </summary>
/// <typeparam name="THolder">The holder: an actor in one process, a node in a cluster.</typeparam>
internal interface ISessionDirectory<THolder>
    where THolder : class
{
    /// <summary>
    /// Claims a session: whoever claimed it before has lost it. In memory this completes at once; a cluster asks the node that answers for the key.
    /// </summary>
    /// <param name="key">Which one.</param>
    /// <param name="holder">Who claims it.</param>
    /// <param name="cancel">The caller waits no longer.</param>
    /// <returns>The epoch, and who held the session until now.</returns>
    ValueTask<Claim<THolder>> ClaimAsync(SessionKey key, THolder holder, CancellationToken cancel = default);

    /// <summary>Gives a session back, if nobody has claimed it since.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="epoch">The epoch of the claim.</param>
    /// <returns>Whether nobody had; if somebody had, nothing changes.</returns>
    ValueTask<bool> ReleaseAsync(SessionKey key, long epoch);

    /// <summary>Who holds a session, as far as this process knows.</summary>
    /// <param name="key">Which one.</param>
    /// <returns>The holder; null when nobody does.</returns>
    THolder? Find(SessionKey key);
}

/// <summary>A claim that was granted.</summary>
/// <typeparam name="THolder">The holder.</typeparam>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Before">Who held the session until now; null when nobody did.</param>
internal readonly record struct Claim<THolder>(long Epoch, THolder? Before)
    where THolder : class;
