"""The names that users type, and what stands behind them."""
