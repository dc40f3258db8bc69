"""Constants, kinematics and the models of new physics."""
