
namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// Decides from the memory in use what the server refuses, drops or disconnects. No IO. Only the memory guard writes it; others read it
/// once for each chunk.
/// </summary>
internal sealed class MemoryWatermark(MqttServerLimits limits)
{
    /// <summary>
    /// How far memory must fall below the mark of a level before the level ends, as a share of the limit. So small changes do not switch a
    /// level on and off.
    /// </summary>
    private const double Slack = 0.03;

    private volatile LoadLevel _level;

    public LoadLevel Level => _level;

    /// <summary>Sets the level from the memory in use.</summary>
    /// <param name="share">The memory in use as a share of the limit.</param>
    /// <returns>The level from now on.</returns>
    public LoadLevel Update(double share) => _level = LevelAt(share);

    /// <summary>The level that <see cref="Update"/> would set.</summary>
    /// <param name="share">The memory in use as a share of the limit.</param>
    public LoadLevel LevelAt(double share)
    {
        var level = LoadLevel.Normal;
        Raise(limits.RefuseConnectsAt, LoadLevel.RefuseConnects);
        Raise(limits.DropQoS0At, LoadLevel.DropQoS0);
        Raise(limits.DisconnectAt, LoadLevel.Disconnect);
        return level;

        void Raise(double? mark, LoadLevel to)
        {
            if (share >= mark - (_level >= to ? Slack : 0))
                level = to;
        }
    }
}
