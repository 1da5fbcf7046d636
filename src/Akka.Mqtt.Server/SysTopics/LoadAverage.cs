namespace Akka.Mqtt.Server.SysTopics;

/// <summary>Moving averages per minute of a counter, over 1, 5 and 15 minutes, as mosquitto calculates them. No IO.</summary>
internal sealed class LoadAverage
{
    private static readonly int[] Minutes = [1, 5, 15];

    private readonly double[] _averages = new double[Minutes.Length];
    private double _before;

    /// <summary>Adds a reading of the counter.</summary>
    /// <param name="count">The value of the counter.</param>
    /// <param name="seconds">The time since the last call.</param>
    public void Update(double count, double seconds)
    {
        var rate = (count - _before) * 60 / seconds;
        _before = count;
        for (var at = 0; at < Minutes.Length; at++)
            _averages[at] += (rate - _averages[at]) * (1 - Math.Exp(-seconds / (60.0 * Minutes[at])));
    }

    /// <summary>Names and values, such as <c>1min</c>.</summary>
    public IEnumerable<(string Name, double Value)> Values()
    {
        for (var at = 0; at < Minutes.Length; at++)
            yield return ($"{Minutes[at]}min", _averages[at]);
    }
}
